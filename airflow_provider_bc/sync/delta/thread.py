"""Rows read in a thread of their own, for whoever must not wait for their source.

delta-rs asks for the rows that it writes from a thread that drives its own tasks; reading a Delta
table there would wait for such tasks, which tokio refuses.
https://docs.rs/tokio/latest/tokio/runtime/struct.Runtime.html#method.block_on
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread

import pyarrow as pa

_AHEAD = 2
_LOOK_AGAIN = 0.2


def read_in_thread(rows: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """Give rows that another thread reads, a few batches ahead.

    :param rows: opens them, in that thread.
    """
    reading = _Reading(rows)
    Thread(target=reading.run, name="rows for a Delta table", daemon=True).start()
    try:
        while (one := reading.queue.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        reading.abandoned.set()


class _Reading:
    """What goes on in the thread.

    :param rows: opens the rows.
    """

    def __init__(self, rows: Callable[[], Iterator[pa.RecordBatch]]) -> None:
        self._rows = rows
        self.queue: Queue[pa.RecordBatch | BaseException | None] = Queue(_AHEAD)
        self.abandoned = Event()

    def run(self) -> None:
        """Read until the end, an error, or until nobody wants the rest."""
        try:
            for batch in self._rows():
                if not self._given(batch):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where the rows are wanted
            self._given(error)
        else:
            self._given(None)

    def _given(self, one: pa.RecordBatch | BaseException | None) -> bool:
        while not self.abandoned.is_set():
            with suppress(Full):
                self.queue.put(one, timeout=_LOOK_AGAIN)
                return True
        return False
