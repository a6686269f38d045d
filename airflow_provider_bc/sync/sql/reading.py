"""Rows of a database as Arrow, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from airflow_provider_bc.sync.sql.types import decoded

_MANY = 10_000


def batches(
    engine: sa.Engine, query: sa.Select[Any], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Give what a query finds.

    :param engine: of the database.
    :param query: it selects the columns of the schema.
    :param schema: of the batches.
    """
    with engine.connect().execution_options(yield_per=_MANY) as connection:
        found = connection.execute(query)
        # A reader in the middle of SQLite's file keeps every writer out.
        parts = [found.all()] if engine.name == "sqlite" else found.partitions()
        for rows in parts:
            columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
            arrays = [
                decoded(list(values), field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
