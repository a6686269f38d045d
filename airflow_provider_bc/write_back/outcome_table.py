"""The table of outcomes: one row for each row of the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from airflow_provider_bc.sync.files.formats import FileFormat
from airflow_provider_bc.write_back.outcomes import RowOutcome

_AFTER = ("outcome", "id", "error_code", "reason")


class OutcomeTable:
    """Writes outcomes into a file: ``row``, the natural key, ``outcome``, ``id``, what was wrong.

    :param file: open for writing; it stays open.
    :param kind: its format.
    :param by: the properties of the natural key, a column each.
    """

    def __init__(self, file: BinaryIO, kind: FileFormat, by: Sequence[str]) -> None:
        self._by = [name for name in by if name not in _AFTER]
        texts = [*self._by, *_AFTER]
        self._schema = pa.schema(
            [pa.field("row", pa.int64()), *(pa.field(name, pa.string()) for name in texts)]
        )
        self._writer = kind.writer(file, self._schema)

    def write(self, outcomes: Iterable[RowOutcome]) -> None:
        """Add rows.

        :param outcomes: theirs.
        """
        rows = [self._row(one) for one in outcomes]
        self._writer.write(pa.RecordBatch.from_pylist(rows, self._schema))

    def close(self) -> None:
        """Write the end of the file."""
        self._writer.close()

    def _row(self, one: RowOutcome) -> dict[str, Any]:
        key = {name: one.key.get(name) for name in self._by}
        return {
            "row": one.row.number,
            **{name: None if value is None else str(value) for name, value in key.items()},
            "outcome": one.outcome,
            "id": one.record_id or one.key.get("id"),
            "error_code": one.refusal.code if one.refusal else None,
            "reason": one.refusal.reason if one.refusal else None,
        }
