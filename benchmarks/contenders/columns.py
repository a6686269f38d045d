"""The columns that a user of plain HTTP writes down: texts, floats, and a whole number as key."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from benchmarks import workload


def columns_of(row: dict[str, Any]) -> pa.Schema:
    """Give the schema for rows like this one; annotations are left out.

    Nobody guesses at run time: this stands for a schema that was written by hand.

    :param row: as JSON gives it.
    """
    return pa.schema(
        [(name, _type_of(name, value)) for name, value in row.items() if "@" not in name]
    )


def _type_of(name: str, value: Any) -> pa.DataType:
    if name == workload.KEY:
        return pa.int64()
    if isinstance(value, bool):
        return pa.bool_()
    return pa.float64() if isinstance(value, int | float) else pa.string()
