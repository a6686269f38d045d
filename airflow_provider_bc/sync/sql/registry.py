"""Which tables this provider made, and the columns of each, as Arrow knows them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.commit import Source
from airflow_provider_bc.sync.drift import follow
from airflow_provider_bc.sync.sql import shape
from airflow_provider_bc.sync.sql.failures import conflict
from airflow_provider_bc.sync.sql.shape import Shape, column
from airflow_provider_bc.sync.sql.transaction import transaction
from airflow_provider_bc.sync.sql.types import text

TABLES = "_bc_tables"
LONGEST_NAME = 128
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a table.

    :param version: how often its columns have changed.
    :param api: from which its rows are.
    :param entity_set: of its rows.
    :param key: the names of its key columns.
    :param schema: its columns.
    """

    version: int
    api: str
    entity_set: str
    key: tuple[str, ...]
    schema: pa.Schema

    def check(self, source: Source, place: str) -> None:
        """Refuse the rows of another entity set: a table holds one, of many companies.

        :param source: where the rows are to come from.
        :param place: the table, for the error.
        :raises ConfigurationError: when they differ.
        """
        if (self.api, self.entity_set) != (source.api, source.entity_set):
            raise ConfigurationError(
                f"{place} holds {self.entity_set!r} of the API {self.api}, not "
                f"{source.entity_set!r} of {source.api}.",
                remedy="Give each entity set a table of its own.",
            )


class Registry:
    """The entry of one table.

    :param engine: of the database.
    :param name: of the table.
    :param place: the schema it is in, None for the default one.
    """

    def __init__(self, engine: sa.Engine, name: str, place: str | None) -> None:
        self.engine = engine
        self.name = name
        self.place = place
        dialect = engine.dialect
        self.table = shape.table(
            TABLES,
            place,
            column("name", text(dialect, LONGEST_NAME), primary_key=True),
            column("version", sa.Integer(), nullable=False),
            column("api", text(dialect), nullable=False),
            column("entity_set", text(dialect), nullable=False),
            column("key", text(dialect), nullable=False),
            column("columns", text(dialect), nullable=False),
        )

    def __str__(self) -> str:
        return f"{self.place}.{self.name}" if self.place else self.name

    def read(self) -> Entry | None:
        """Give what is known of the table, None for one that is not there yet.

        :raises ConfigurationError: when somebody else made a table of that name.
        """
        there = shape.exists(self.engine, shape.table(self.name, self.place))
        # In this order: whoever makes a table registers it first.
        entry = self._read() if shape.exists(self.engine, self.table) else None
        if there and entry is None:
            raise ConfigurationError(
                f"There is a table {self} already, and this provider did not make it.",
                remedy="Give another name, or rename that table.",
            )
        return entry if there else None

    def prepare(self, source: Source, schema: pa.Schema, key: tuple[str, ...]) -> sa.Table:
        """Make the table and its entry, or give it the columns that it lacks.

        :param source: where its rows come from.
        :param schema: the columns of the rows to be stored.
        :param key: the names of the key columns.
        :return: the table with these columns.
        :raises ConfigurationError: when it holds something else.
        :raises Conflict: when other runs change it all the time.
        """
        shape.create(self.engine, self.table)
        for _ in range(_ATTEMPTS):
            entry = self.read()
            if entry is None:
                entry = Entry(1, source.api, source.entity_set, key, schema)
                if not self._register(entry):
                    continue
            entry.check(source, str(self))
            self._check_key(entry, key)
            wanted, drift = follow(entry.schema, schema)
            target = Shape(wanted, key, self.engine.dialect).target(self.name, self.place)
            shape.create(self.engine, target)
            shape.add_columns(self.engine, target)
            shape.widen_columns(self.engine, target, drift.widened)
            wider = replace(entry, version=entry.version + 1, schema=wanted)
            if wanted == entry.schema or self._replace(wider):
                return target
        raise conflict(str(self))

    def _check_key(self, entry: Entry, key: tuple[str, ...]) -> None:
        if entry.key != key:
            raise ConfigurationError(
                f"The key of {self} is {_names(entry.key)}, that of the rows is {_names(key)}.",
                remedy="Load into another table.",
            )

    def _read(self) -> Entry | None:
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(self.table).where(self.table.c.name == self.name)
            ).one_or_none()
        if row is None:
            return None
        _, version, api, entity_set, key, columns = row
        schema = pa.ipc.read_schema(pa.py_buffer(b64decode(columns)))
        return Entry(version, api, entity_set, tuple(json.loads(key)), schema)

    def _register(self, entry: Entry) -> bool:
        """Store what is to be known of a table that is not there.

        An entry that is there is of a table that somebody dropped, to load it again, or of another
        run that is about to make it, and then most likely the same.

        :return: false when another run was faster.
        """
        left = self._read()
        if left is not None:
            same = replace(entry, version=left.version) == left
            return same or self._replace(replace(entry, version=left.version + 1))
        try:
            with transaction(self.engine) as connection:
                connection.execute(sa.insert(self.table).values(name=self.name, **_values(entry)))
        except IntegrityError:
            return False
        return True

    def _replace(self, entry: Entry) -> bool:
        """Store the next version of an entry; false when another run was faster."""
        mine = self.table.c.name == self.name
        with transaction(self.engine) as connection:
            connection.execute(
                sa.update(self.table)
                .where(mine, self.table.c.version == entry.version - 1)
                .values(_values(entry))
            )
            stored = connection.scalar(sa.select(self.table.c.columns).where(mine))
        return bool(stored == _text_of(entry.schema))


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "version": entry.version,
        "api": entry.api,
        "entity_set": entry.entity_set,
        "key": json.dumps(entry.key),
        "columns": _text_of(entry.schema),
    }


def _text_of(schema: pa.Schema) -> str:
    return b64encode(schema.serialize().to_pybytes()).decode()


def _names(key: tuple[str, ...]) -> str:
    return ", ".join(key) or "none"
