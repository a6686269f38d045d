"""Reading all pages of a plan: several ranges at once, the next page while one is written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from queue import Full, Queue
from typing import Any, Self

import msgspec
import pyarrow as pa

from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.ranges import Range, cut
from airflow_provider_bc.sync.reader import Reader

_WORTH_CUTTING = 4
_RESUMABLE_FOR = timedelta(hours=6)
_LOOK_AGAIN = 0.2


class Position(msgspec.Struct):
    """How far a read is; it is stored with the rows, so that another attempt can go on.

    :param began: when the read began, on the service's clock.
    :param until: up to which stamp the rows are complete.
    :param expected: the count that the service gave at the beginning.
    :param ranges: what is being read.
    :param seen: the latest stamp that was seen.
    :param rows: that arrived.
    :param entities: that arrived, as the service counts them.
    :param content: the digests of all rows, added up.
    """

    began: datetime
    until: datetime
    expected: int | None
    ranges: list[Range]
    seen: datetime | None = None
    rows: int = 0
    entities: int = 0
    content: int = 0

    def encoded(self) -> bytes:
        """Write the position as JSON."""
        return msgspec.json.encode({**msgspec.structs.asdict(self), "content": str(self.content)})

    @classmethod
    def decoded(cls, text: bytes | None, now: datetime) -> Position | None:
        """Read a position; None for one that is too old to go on from, or of another version.

        :param text: the JSON, None where there is none.
        :param now: the time of the service.
        """
        if text is None:
            return None
        try:
            position = msgspec.json.decode(text, type=cls, strict=False)
        except msgspec.DecodeError:
            return None
        return position if now - position.began < _RESUMABLE_FOR else None


class Reading:
    """The pages of one load, in whatever order they arrive.

    :param reader: of the entity set.
    :param plan: of the load.
    :param position: of an earlier attempt, None to begin.
    """

    def __init__(self, reader: Reader, plan: Plan, position: Position | None) -> None:
        self._reader = reader
        self._plan = plan
        self._first: Page[pa.RecordBatch] | None = None
        self.resumed = position is not None
        self.position = position or self._begun()

    def __iter__(self) -> Iterator[Page[pa.RecordBatch]]:
        """Give every page; `position` tells at each how far the read is."""
        if self._first is not None:
            yield self._noted(0, self._first)
        open_ranges = [
            (number, one) for number, one in enumerate(self.position.ranges) if not one.done
        ]
        if open_ranges:
            with _Fetching(self._reader, open_ranges, self._plan.policy.workers) as fetching:
                for number, page in fetching.pages():
                    yield self._noted(number, page)

    def _begun(self) -> Position:
        began = self._reader.now()
        where = self._plan.condition()
        page = next(self._reader.pages(where, count=True))
        position = Position(began, self._plan.until, page.count, [Range(where)])
        worth = self._reader.page_size * _WORTH_CUTTING
        if self._reader.cut_field and page.next_link and (page.count or 0) > worth:
            workers = self._plan.policy.workers
            position.ranges = cut(self._reader, where, page.count or 0, workers)
        if len(position.ranges) == 1:
            self._first = page
        return position

    def _noted(self, number: int, page: Page[pa.RecordBatch]) -> Page[pa.RecordBatch]:
        one = self.position.ranges[number]
        one.link, one.done = page.next_link, page.next_link is None
        return page


class _Fetching:
    """Threads that read ranges; a full queue holds them back."""

    def __init__(self, reader: Reader, ranges: list[tuple[int, Range]], workers: int) -> None:
        self._reader = reader
        self._waiting = list(reversed(ranges))
        self._left = len(ranges)
        self._queue: Queue[Any] = Queue(maxsize=1)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._fetch, name=f"bc-read-{number}", daemon=True)
            for number in range(min(workers, len(ranges)))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:  # one that waits for an answer drops it when it comes
            thread.join(_LOOK_AGAIN)

    def pages(self) -> Iterator[tuple[int, Page[pa.RecordBatch]]]:
        """Give pages as they arrive, each with the number of its range.

        :raises BusinessCentralError: the first that a thread met.
        """
        while self._left:
            number, found = self._queue.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                self._left -= 1
            else:
                yield number, found

    def _fetch(self) -> None:
        while not self._stopped.is_set():
            try:
                number, one = self._waiting.pop()
            except IndexError:
                return
            try:
                for page in self._reader.pages(one.where, one.link):
                    self._put((number, page))
                    if self._stopped.is_set():
                        return
                self._put((number, None))
            except BaseException as error:  # noqa: BLE001 - raised again where pages are taken
                self._put((number, error))
                return

    def _put(self, found: tuple[int, Any]) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(found, timeout=_LOOK_AGAIN)
            except Full:
                continue
            return
