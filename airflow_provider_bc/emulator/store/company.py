"""A company: its tables, and what happens when someone writes to them."""

from __future__ import annotations

from copy import copy, deepcopy
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.agenda import Agenda
from airflow_provider_bc.emulator.background import Background
from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.emulator.schema.catalog import route as schema_of
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID, UNSET_MOMENT
from airflow_provider_bc.emulator.store.rules import (
    DOCUMENTS,
    HEADERS,
    ApplicationError,
    fill_line,
    fill_partner,
    totals,
)
from airflow_provider_bc.emulator.store.shared import SHARED
from airflow_provider_bc.emulator.store.table import StoredTable
from airflow_provider_bc.emulator.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.schema.model import EntitySet, Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Table

STANDARD = "v2.0"
_STAMPED_ONCE = ("attachments", "documentAttachments")
_FIRST_ROW_VERSION = 1_000_000  # above those of the rows that were there from the start


class Company:
    """One company of the environment.

    :param name: its name, as in ODataV4 URLs.
    :param tables: the tables that hold data from the start, by route and entity set.
    :param clock: what stamps changes.
    :param lock: held while anything is read or written.
    :param display_name: the caption, the name itself by default.
    :ivar background: what happens here after a request was answered.
    :ivar created: when it was founded, as on the wire.
    :ivar version: how often its own record was changed.
    :ivar real: the company itself, where this is how a transaction sees it.
    """

    def __init__(
        self,
        name: str,
        tables: dict[tuple[str, str], Table],
        clock: Clock,
        lock: RLock,
        display_name: str | None = None,
    ) -> None:
        self.name = name
        self.display_name = display_name or name
        self.background = Background(Agenda(clock))
        self.real = self
        self.created = "2024-12-20T10:15:07.68Z"
        self.version = 1
        self.id = str(uuid5(UUID(EMPTY_GUID), f"company/{name}"))
        self._tables = tables
        self._clock = clock
        self._lock = lock
        self._serial = count(1)
        self._row_versions = count(_FIRST_ROW_VERSION)
        self._numbers: dict[tuple[str, str], int] = {}
        self._view: Callable[[Table], Table] | None = None
        self._commit: Callable[[], None] | None = None

    def table(self, entity_set: str, route: str = STANDARD) -> Table:
        """Find the table behind an entity set.

        :param entity_set: its name.
        :param route: the API route it belongs to.
        :returns: the table, empty if nothing was ever written to it.
        :raises KeyError: if the route has no such entity set.
        """
        with self._lock:
            found = self._tables.get((route, entity_set))
            if found is None:
                found = StoredTable((), self._schema(entity_set, route).key)
                self._tables[route, entity_set] = found
            return self._view(found) if self._view else found

    def row(self, entity_set: str, key: str, route: str = STANDARD) -> Row:
        """Find a record.

        :param entity_set: its entity set.
        :param key: its key.
        :param route: the API route it belongs to.
        :returns: the record as it is now.
        :raises KeyError: if there is no such record.
        """
        with self._lock:
            found = self.table(entity_set, route).get(key.lower())
            if found is None:
                raise KeyError(f"{entity_set}({key})")
            return found

    def media(self, route: str = STANDARD) -> Table:
        """Find the contents of the stream properties.

        :param route: the API route.
        :returns: a table whose keys are `entitySet/key/property` and whose rows hold `content`.
        """
        with self._lock:
            found = self._tables.setdefault((route, "$media"), StoredTable((), ("place",)))
            return self._view(found) if self._view else found

    def seen_through(self, view: Callable[[Table], Table], commit: Callable[[], None]) -> Company:
        """Make a company that shares everything with this one but how it sees the tables.

        :param view: what it sees instead of a table.
        :param commit: what AL's `Commit()` does there.
        :returns: the company to write to.
        """
        twin = copy(self)
        twin._view, twin._commit = view, commit  # noqa: SLF001  # its own class
        return twin

    def copied(self, known: dict[int, Any]) -> Company:
        """Copy the company as another environment gets it: same ids, a life of its own.

        :param known: what was copied so far; what companies share, their copies share.
        :returns: the copy.
        """
        with self._lock:
            tables = deepcopy(self._tables, known)
            twin = Company(self.name, tables, self._clock, self._lock, self.display_name)
            twin.id, twin.version, twin.background = self.id, self.version, self.background
            twin._serial = count(next(self._serial))
            twin._row_versions = count(next(self._row_versions))
            twin._numbers = dict(self._numbers)
            return twin

    @property
    def size(self) -> int:
        """How many rows there are in all its tables."""
        with self._lock:
            return sum(map(len, self._tables.values()))

    def sibling(self, name: str, display_name: str) -> Company:
        """Found an empty company of the same environment.

        :param name: its name, which no other has.
        :param display_name: its caption.
        :returns: the company; the environment is to be told of it.
        """
        shared = {place: self._tables[place] for place in SHARED}
        made = Company(name, shared, self._clock, self._lock, display_name)
        made.id = str(uuid5(UUID(self.id), f"company/{name}/{next(self._serial)}"))
        made.background, made.created = self.background, self.now()
        return made

    def commit(self) -> None:
        """Let what was written stay, as AL's `Commit()` does; only a transaction needs it.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/database/database-commit-method
        """
        if self._commit:
            self._commit()

    def now(self) -> str:
        """Say what time it is.

        :returns: the moment as on the wire.
        """
        return stamp(self._clock.now())

    def blank(self, entity_set: str, route: str = STANDARD) -> dict[str, Value]:
        """Make a row in which nothing was set yet.

        :param entity_set: its entity set.
        :param route: the API route it belongs to.
        :returns: every column with its unset value.
        """
        return self._schema(entity_set, route).blank()

    def begin(self, *, dirty: bool = False) -> Transaction:
        """Begin a transaction, to imitate late commits and roll-backs.

        :param dirty: whether everybody sees its rows before it is committed.
        :returns: the transaction.
        """
        return Transaction(self, self._lock, dirty=dirty)

    def rows(self, entity_set: str, route: str = STANDARD) -> list[dict[str, Value]]:
        """Return the truth to compare a destination with.

        :param entity_set: its name.
        :param route: the API route it belongs to.
        :returns: every row in key order; decimals as `Decimal`, dates and stamps as on the wire.
        """
        with self._lock:
            return [row.values() for row in self.table(entity_set, route).scan()]

    def create(
        self, entity_set: str, values: dict[str, Any], route: str = STANDARD
    ) -> dict[str, Value]:
        """Insert a record, with the defaults, numbers and stamps AL would give it.

        :param entity_set: its name.
        :param values: the properties to set; an `id` makes the create idempotent.
        :param route: the API route it belongs to.
        :returns: the row as it is now.
        :raises ApplicationError: if business logic or a duplicate key forbids it.
        """
        return self._insert(entity_set, values, route, stamp(self._clock.now()))

    def migrate(
        self, entity_set: str, values: dict[str, Any], route: str = STANDARD
    ) -> dict[str, Value]:
        """Insert a record as a data migration does, never touched since: its stamps are unset.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-table-system-fields

        :param entity_set: its name.
        :param values: the properties to set.
        :param route: the API route it belongs to.
        :returns: the row as it is now.
        :raises ApplicationError: if business logic or a duplicate key forbids it.
        """
        return self._insert(entity_set, values, route, UNSET_MOMENT)

    def update(
        self, entity_set: str, key: str, values: dict[str, Any], route: str = STANDARD
    ) -> dict[str, Value]:
        """Modify a record.

        :param entity_set: its name.
        :param key: its key.
        :param values: the properties to change.
        :param route: the API route it belongs to.
        :returns: the row as it is now.
        :raises KeyError: if there is no such record.
        :raises ApplicationError: if business logic forbids it.
        """
        with self._lock:
            row = self.row(entity_set, key, route).values() | values
            partner = DOCUMENTS[entity_set].partner if entity_set in DOCUMENTS else None
            if partner and {f"{partner}Id", f"{partner}Number"} & values.keys():
                other = {f"{partner}Id": EMPTY_GUID, f"{partner}Number": ""}
                fill_partner(row := row | other | values, partner, self.table(f"{partner}s").scan())
            now = stamp(self._clock.now())
            return self._save(self._schema(entity_set, route), route, row, now)

    def delete(self, entity_set: str, key: str, route: str = STANDARD) -> None:
        """Delete a record and, for a document, its lines.

        :param entity_set: its name.
        :param key: its key.
        :param route: the API route it belongs to.
        :raises KeyError: if there is no such record.
        """
        with self._lock:
            old = self.row(entity_set, key, route)
            self.table(entity_set, route).remove(old.key)
            if route == STANDARD and entity_set in DOCUMENTS:
                for line in self.lines(entity_set, old.key):
                    self.table(DOCUMENTS[entity_set].lines).remove(line.key)
            elif route == STANDARD and entity_set in HEADERS:
                now = stamp(self._clock.now())
                self._add_up(HEADERS[entity_set], str(old["documentId"]), now)

    def lines(self, entity_set: str, key: str) -> list[Row]:
        """Return a document's lines.

        :param entity_set: the entity set of the document.
        :param key: the document's id.
        :returns: its lines in key order.
        """
        return self.table(DOCUMENTS[entity_set].lines).linked(("documentId",), (key,))

    def _schema(self, entity_set: str, route: str) -> EntitySet:
        found = schema_of(route)
        if found is None:
            raise KeyError(route)
        return found.sets[entity_set]

    def _insert(
        self, entity_set: str, values: dict[str, Any], route: str, moment: str
    ) -> dict[str, Value]:
        with self._lock:
            schema = self._schema(entity_set, route)
            row = schema.blank() | values
            self._number(schema, route, row)
            if row[schema.key[0]] == EMPTY_GUID:
                row[schema.key[0]] = self._new_id(schema, route, row)
            self._refuse_duplicate(schema, row, route)
            if route == STANDARD and entity_set in DOCUMENTS:
                row["status"] = values.get("status", "Draft")
                partner = DOCUMENTS[entity_set].partner
                fill_partner(row, partner, self.table(f"{partner}s").scan())
            if "systemCreatedAt" in schema.properties:
                row["systemCreatedAt"] = moment
            return self._save(schema, route, row, moment)

    def _new_id(self, schema: EntitySet, route: str, row: dict[str, Value]) -> str:
        given = self.table(schema.name, route).key_for(row)
        serial = f"{schema.name}/created/{next(self._serial)}"
        return given or str(uuid5(UUID(self.id), serial))

    def _number(self, schema: EntitySet, route: str, row: dict[str, Value]) -> None:
        """Take the next number of the number series, where the caller gave none.

        The number of an entry that is rolled back is lost, and nobody else gets that of one that
        is not committed yet.
        """
        if row.get("number") == "" and schema.properties["number"].max_length:
            prefix = "".join(letter for letter in schema.name if letter.isupper())
            row["number"] = f"{schema.name[0].upper()}{prefix}{100_000 + next(self._serial)}"
        if row.get("entryNumber") == 0:
            place = route, schema.name
            known = self.table(schema.name, route).highest("entryNumber")
            row["entryNumber"] = max(known, self._numbers.get(place, 0)) + 1
            self._numbers[place] = int(str(row["entryNumber"]))

    def _refuse_duplicate(self, schema: EntitySet, row: dict[str, Value], route: str) -> None:
        """Refuse a key that is taken: the SystemId, or AL's primary key, a number or code."""
        table, key = self.table(schema.name, route), schema.key[0]
        row[key] = str(row[key]).lower()
        twin = table.get(str(row[key]))
        field, natural = key, next((n for n in ("number", "code") if row.get(n)), None)
        if twin is None and natural and schema.name not in HEADERS and "insert" in schema.writes:
            twin = next(iter(table.linked((natural,), (row[natural],))), None)
            field = natural
        if twin is not None:
            entity = schema.entity[0].upper() + schema.entity[1:]
            raise ApplicationError(
                f"The {entity} already exists. Identification fields and values: "
                f"{field}='{row[field]}'",
                "Internal_EntityWithSameKeyExists",
            )

    def _save(
        self, schema: EntitySet, route: str, row: dict[str, Value], moment: str
    ) -> dict[str, Value]:
        header = HEADERS.get(schema.name) if route == STANDARD else None
        if header:
            if self.table(header).get(str(row["documentId"])) is None:
                raise ApplicationError("You must specify a valid documentId.")
            sequence = 10_000 * (1 + len(self.lines(header, str(row["documentId"]))))
            fill_line(row, DOCUMENTS[header].price, self.table("items").scan(), sequence)
        if schema.modified and schema.name in _STAMPED_ONCE:
            # Their pages show "Created Date-Time", rounded to the second, under this name.
            if row[schema.modified] == UNSET_MOMENT:
                row[schema.modified] = f"{moment[:19]}Z"
        elif schema.modified:
            row[schema.modified] = moment
        table = self.table(schema.name, route)
        if "systemRowVersion" in row:
            row["systemRowVersion"] = next(self._row_versions)
        saved = table.put(str(row[schema.key[0]]), row)
        if header:
            self._add_up(header, str(row["documentId"]), moment)
        return saved.values()

    def _add_up(self, header: str, key: str, moment: str) -> None:
        """Bring a document's totals and stamp up to date after one of its lines changed.

        The line of a migration leaves its header's stamp alone.
        """
        old = self.table(header).get(key)
        if old is None:
            return
        row = old.values() | totals(self.lines(header, key))
        if moment != UNSET_MOMENT:
            row["lastModifiedDateTime"] = moment
        self.table(header).put(key, row)
