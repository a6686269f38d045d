"""One record: its values, its version, and how it is written on the wire."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import Value

_JSON = msgspec.json.Encoder(decimal_format="number")


def etag(key: str, version: int) -> str:
    """Make the concurrency token of one version of one record.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data

    :param key: the record's key.
    :param version: how often it was changed.
    :returns: `W/"…"`, which decodes to `'44;…=1;00;'` as on the live service.
    """
    digest = b64encode(sha256(f"{key}/{version}".encode()).digest()).decode()
    return f'W/"{b64encode(f"{chr(39)}44;{digest}1;00;{chr(39)}".encode()).decode()}"'


class Row(Protocol):
    """A record as the query options see it."""

    @property
    def key(self) -> str:
        """The text that orders the record and that a skip token names."""

    @property
    def etag(self) -> str:
        """The concurrency token."""

    def __getitem__(self, name: str) -> Value:
        """Return one property's value."""

    def json(self, columns: tuple[str, ...]) -> str:
        """Write the etag and the named columns as the members of a JSON object, without braces."""

    def values(self) -> dict[str, Value]:
        """Return every column's value."""


class StoredRow:
    """A record that is kept in memory.

    :param key: the text that orders it.
    :param values: its columns.
    :param version: how often it was changed.
    """

    __slots__ = ("_values", "key", "version")

    def __init__(self, key: str, values: dict[str, Value], version: int = 1) -> None:
        self.key = key
        self._values = values
        self.version = version

    def __deepcopy__(self, _: dict[int, Any]) -> StoredRow:
        """Share the row between copies of its table: it never changes, it is replaced."""
        return self

    @property
    def etag(self) -> str:
        """The concurrency token of this version."""
        return etag(self.key, self.version)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def json(self, columns: tuple[str, ...]) -> str:
        """Write the record's members.

        :param columns: the properties to write, in order.
        :returns: JSON members without the braces round them.
        """
        members = {"@odata.etag": self.etag} | {name: self._values[name] for name in columns}
        return _JSON.encode(members).decode()[1:-1]

    def values(self) -> dict[str, Value]:
        """Return a copy of the columns.

        :returns: name to value.
        """
        return dict(self._values)


def successor(old: Row | None, key: str, values: dict[str, Value]) -> StoredRow:
    """Make the next version of a row.

    :param old: the row so far, None if there is none.
    :param key: its key.
    :param values: every column.
    :returns: the row in a version of its own.
    """
    if old is None:
        return StoredRow(key, values)
    return StoredRow(key, values, old.version + 1 if isinstance(old, StoredRow) else 2)
