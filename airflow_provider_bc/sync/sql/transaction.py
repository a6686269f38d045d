"""Transactions of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from airflow_provider_bc.sync.sql.types import MYSQL


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Begin a transaction, commit it at the end of the block, and undo it after an error.

    :param engine: of the database.
    """
    # MySQL would lock the gaps between keys, too, and let one company wait for another.
    options = {"isolation_level": "READ COMMITTED"} if engine.name in MYSQL else {}
    with engine.execution_options(**options).begin() as connection:
        yield connection
