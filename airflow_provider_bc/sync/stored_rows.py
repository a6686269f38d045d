"""Which rows of the overlap are stored already, value for value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

import msgspec
import pyarrow as pa


class StoredRows:
    """The stored rows that a load may meet again; looked up when the first row arrives.

    :param stored: gives them, with the columns of the rows that arrive.
    """

    def __init__(self, stored: Callable[[], Iterable[pa.RecordBatch]]) -> None:
        self._stored = stored
        self._known: set[bytes] | None = None

    def without(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Leave out the rows that are stored already.

        :param batch: rows that arrived.
        """
        if not batch.num_rows:
            return batch
        if self._known is None:
            self._known = {digest for one in self._stored() for digest in digests(one)}
        if not self._known:
            return batch
        fresh = [digest not in self._known for digest in digests(batch)]
        return batch.filter(pa.array(fresh, pa.bool_()))


def digests(batch: pa.RecordBatch) -> Iterator[bytes]:
    """Give a digest of each row's values.

    :param batch: the rows.
    """
    for row in batch.to_pylist():
        yield blake2b(msgspec.json.encode(row), digest_size=16).digest()
