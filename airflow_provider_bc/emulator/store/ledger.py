"""General ledger entries that are computed from their number, so that a million cost no memory."""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.clock import stamp
from airflow_provider_bc.emulator.schema.model import UNSET_MOMENT
from airflow_provider_bc.emulator.store.row import StoredRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_bc.emulator.schema.model import Value
    from airflow_provider_bc.emulator.store.row import Row
    from airflow_provider_bc.emulator.store.table import Bound

_FIRST_MOMENT = datetime(2025, 1, 1, 6, tzinfo=UTC).timestamp()
_FIRST_DAY = date(2024, 1, 1)
_BLOCK = 25  # entries of one posting share one stamp, as after bulk posting
_BLOCK_SECONDS = 600.23
_DAYS = [(_FIRST_DAY + timedelta(days=day)).isoformat() for day in range(365)]
_CENTS = [f".{cents:02d}".rstrip("0").rstrip(".") for cents in range(100)]
_TYPES = ("_x0020_", "Invoice", "Payment", "Credit_x0020_Memo")
_TEXTS = ("Entries, April", "Zahlung für Möbel", "Order 106015", "Årsavslut – 年度")
# Decimals that no binary float holds: one wider than 53 bits, one with five places.
_AWKWARD = {13: "12345678901234.56789", 14: "0.00001"}


class _Entry:
    """One computed entry.

    :param number: its entry number.
    :param ledger: the ledger that computes it.
    """

    __slots__ = ("_ledger", "_number")

    def __init__(self, number: int, ledger: Ledger) -> None:
        self._number = number
        self._ledger = ledger

    @property
    def key(self) -> str:
        return self._ledger.key_of(self._number)

    @property
    def etag(self) -> str:
        return _etag(self._number)

    def __getitem__(self, name: str) -> Value:
        return _value(name, self._ledger.texts[name](self._number))

    def json(self, columns: tuple[str, ...]) -> str:
        return self._ledger.write(self._number, columns)

    def values(self) -> dict[str, Value]:
        return {name: self[name] for name in self._ledger.texts}


def _value(name: str, text: str) -> Value:
    if text[0] == '"':
        return text[1:-1]
    return int(text) if name == "entryNumber" else Decimal(text)


def _etag(number: int) -> str:
    return f'W/"{b64encode(b"%c19;%d 1;00;%c" % (39, number, 39)).decode()}"'


def _moment(number: int) -> str:
    return stamp(_FIRST_MOMENT + (number - 1) // _BLOCK * _BLOCK_SECONDS)


def _amount(number: int) -> str:
    pair = (number + 1) // 2
    if pair % 997 in _AWKWARD:
        return _AWKWARD[pair % 997]
    cents = pair * 7919 % 1_000_003
    return f"{cents // 100}{_CENTS[cents % 100]}"


class Ledger:
    """The entity set `generalLedgerEntries`, computed, with an overlay for what was changed.

    :param count: how many entries there are at first.
    :param accounts: pairs of an account's id and number, used in turn.
    :param tail: the last 27 characters of every entry's id, so that two companies differ.
    """

    def __init__(self, count: int, accounts: Sequence[tuple[str, str]], tail: str) -> None:
        self.version = 0
        self._count = count
        self._tail = tail
        self._overlay: dict[str, StoredRow | None] = {}
        self._extra = 0
        self.last_number = count
        self._stamps: list[str] = [
            _moment(block * _BLOCK + 1) for block in range((count + _BLOCK - 1) // _BLOCK)
        ]
        self._recipes: dict[tuple[str, ...], tuple[str, list[Callable[[int], str]]]] = {}
        self.texts = self._columns(accounts)

    def _columns(self, accounts: Sequence[tuple[str, str]]) -> dict[str, Callable[[int], str]]:
        """Give each column the function that writes it as JSON for an entry number."""
        ids = [f'"{identity}"' for identity, _ in accounts]
        numbers = [f'"{number}"' for _, number in accounts]
        days = [f'"{day}"' for day in _DAYS]
        types = [f'"{kind}"' for kind in _TYPES]
        texts = [f'"{text}"' for text in _TEXTS]
        moments = [f'"{moment}"' for moment in self._stamps]
        never = f'"{UNSET_MOMENT}"'
        many, tail = len(ids), self._tail
        return {
            "id": lambda n: f'"{n:08x}-{tail}"',
            "entryNumber": str,
            "postingDate": lambda n: days[n // 7 % 365],
            "documentNumber": lambda n: f'"G{n // 4:08d}"',
            "documentType": lambda n: types[n // 4 % 4],
            "accountId": lambda n: ids[n % many],
            "accountNumber": lambda n: numbers[n % many],
            "description": lambda n: texts[n % 4],
            "debitAmount": lambda n: _amount(n) if n % 2 else "0",
            "creditAmount": lambda n: "0" if n % 2 else _amount(n),
            "additionalCurrencyDebitAmount": lambda _: "0",
            "additionalCurrencyCreditAmount": lambda _: "0",
            "lastModifiedDateTime": lambda n: (
                never if n % 499 == 7 else moments[(n - 1) // _BLOCK]  # noqa: PLR2004
            ),
        }

    def __len__(self) -> int:
        return self._count + self._extra

    def key_of(self, number: int) -> str:
        """Say an entry's id.

        :param number: the entry number.
        :returns: its SystemId, which grows with the number.
        """
        return f"{number:08x}-{self._tail}"

    def write(self, number: int, columns: tuple[str, ...]) -> str:
        """Write one entry's members as JSON.

        :param number: the entry number.
        :param columns: the properties to write, in order.
        :returns: JSON members without the braces round them.
        """
        recipe = self._recipes.get(columns)
        if recipe is None:
            members = ",".join(f'"{name}":%s' for name in columns)
            template = f'"@odata.etag":"W/\\"%s\\""{"," if columns else ""}{members}'
            recipe = (template, [self.texts[name] for name in columns])
            self._recipes[columns] = recipe
        template, writers = recipe
        return template % (_etag(number)[3:-1], *[writer(number) for writer in writers])

    def get(self, key: str) -> Row | None:
        """Find an entry.

        :param key: its id.
        :returns: the entry, or None.
        """
        if key in self._overlay:
            return self._overlay[key]
        number = int(key[:8], 16)
        inside = 1 <= number <= self._count and key == self.key_of(number)
        return _Entry(number, self) if inside else None

    def _edge(self, key: str, *, behind: bool) -> int:
        """Return the first entry number whose id is at or behind a key."""
        number = int(key[:8], 16)
        own = self.key_of(number)
        return number + 1 if own < key or (behind and own == key) else number

    def _span(self, bounds: Sequence[Bound]) -> tuple[int, int]:
        """Return the first and last entry number that can satisfy the bounds."""
        first, last, dated = 1, self._count, False
        stamps = [moment.rstrip("Z") for moment in self._stamps] if bounds else []
        for column, operator, value in bounds:
            if column != "lastModifiedDateTime" or operator not in ("gt", "ge", "lt", "le"):
                continue
            text = str(value)
            cut = bisect_right if operator in ("gt", "le") else bisect_left
            edge = cut(stamps, text) * _BLOCK
            if operator in ("gt", "ge") and text > UNSET_MOMENT.rstrip("Z"):
                first, dated = max(first, edge + 1), True
            elif operator in ("lt", "le"):
                last = min(last, edge)
        # Rows never touched since migration lie below every date, wherever they are.
        return (first, last) if dated else (first, self._count)

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Walk the entries in key order.

        :param after: the id to go on behind; None for the beginning.
        :param bounds: comparisons on `lastModifiedDateTime` spare the walk through older entries.
        :returns: the entries, computed one by one.
        """
        first, last = self._span(bounds)
        at = first if after is None else max(first, self._edge(after, behind=True))
        for key in sorted(self._overlay):
            if after is not None and key <= after:
                continue
            edge = self._edge(key, behind=False)
            for number in range(at, min(edge, last + 1)):
                yield _Entry(number, self)
            at = max(at, self._edge(key, behind=True))
            row = self._overlay[key]
            if row is not None:
                yield row
        for number in range(at, last + 1):
            yield _Entry(number, self)

    def put(self, key: str, values: dict[str, Value]) -> StoredRow:
        """Create or replace an entry.

        :param key: its id.
        :param values: every column.
        :returns: the entry as it is now.
        """
        old = self.get(key)
        self._extra += old is None
        self.last_number = max(self.last_number, int(str(values["entryNumber"])))
        self.version += 1
        row = StoredRow(key, values, old.version + 1 if isinstance(old, StoredRow) else 2)
        self._overlay[key] = row
        return row

    def remove(self, key: str) -> bool:
        """Delete an entry.

        :param key: its id.
        :returns: whether it was there.
        """
        if self.get(key) is None:
            return False
        self._overlay[key] = None
        self._extra -= 1
        self.version += 1
        return True
