"""DuckDB, as a reader that is not ours."""

from __future__ import annotations

from typing import Any

import duckdb


def select(query: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query, e.g. of a file that stands in it by its path."""
    with duckdb.connect() as database:
        return database.execute(query).fetchall()
