"""General ledger entries that are computed from their number, so that a million cost no memory."""

from __future__ import annotations

import json
from base64 import b64encode
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any

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
_MIGRATED = 499  # every so many entries was never touched since migration
_DAYS = [(_FIRST_DAY + timedelta(days=day)).isoformat() for day in range(365)]
_CENTS = [f".{cents:02d}".rstrip("0").rstrip(".") for cents in range(100)]
_TYPES = ("_x0020_", "Invoice", "Payment", "Credit_x0020_Memo")
_TEXTS = ("Entries, April", "Zahlung für Möbel", "Order 106015", "Årsavslut 年度")
# Decimals that no binary float holds: one wider than 53 bits, one with five places.
_AWKWARD = {13: "12345678901234.56789", 14: "0.00001"}


def _triple(number: int) -> str:
    return b64encode(b"%03d" % number).decode()


# An etag is the base64 of `'19;00` and the entry number in nine digits, three digits at a time.
_TRIPLES = [_triple(number) for number in range(1000)]
_HEAD = '"W/\\"' + b64encode(b"'19;00").decode()
_END = b64encode(b" 1;00;'").decode() + '\\""'
COLUMNS = (
    "id",
    "entryNumber",
    "postingDate",
    "documentNumber",
    "documentType",
    "accountId",
    "accountNumber",
    "description",
    "debitAmount",
    "creditAmount",
    "additionalCurrencyDebitAmount",
    "additionalCurrencyCreditAmount",
    "lastModifiedDateTime",
)


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
        return str(json.loads(self._ledger.texts(self._number)[0]))

    def __getitem__(self, name: str) -> Value:
        if name == "lastModifiedDateTime":
            return self._ledger.modified(self._number)
        return _value(name, self._ledger.texts(self._number)[COLUMNS.index(name) + 1])

    def json(self, columns: tuple[str, ...]) -> str:
        return self._ledger.write(self._number, columns)

    def values(self) -> dict[str, Value]:
        texts = self._ledger.texts(self._number)[1:]
        return {name: _value(name, text) for name, text in zip(COLUMNS, texts, strict=True)}


def _value(name: str, text: str) -> Value:
    if text[0] == '"':
        return text[1:-1]
    return int(text) if name == "entryNumber" else Decimal(text)


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
        self._recipes: dict[tuple[str, ...], tuple[str, Callable[[Any], Any]]] = {}
        self.texts = self._prepare(accounts)

    def _prepare(self, accounts: Sequence[tuple[str, str]]) -> Callable[[int], tuple[str, ...]]:
        """Make the function that writes an entry's etag and columns, each as JSON."""
        ids = [f'"{identity}"' for identity, _ in accounts]
        numbers = [f'"{number}"' for _, number in accounts]
        days = [f'"{day}"' for day in _DAYS]
        types = [f'"{kind}"' for kind in _TYPES]
        words = [f'"{text}"' for text in _TEXTS]
        many, tail, modified = len(ids), self._tail, self.modified

        def texts(n: int) -> tuple[str, ...]:
            amount = _amount(n)
            document = n // 4
            etag = _TRIPLES[n // 1_000_000] + _TRIPLES[n // 1000 % 1000] + _TRIPLES[n % 1000]
            return (
                _HEAD + etag + _END,
                f'"{n:08x}-{tail}"',
                str(n),
                days[n // 7 % 365],
                f'"G{document:08d}"',
                types[document % 4],
                ids[n % many],
                numbers[n % many],
                words[n % 4],
                amount if n % 2 else "0",
                "0" if n % 2 else amount,
                "0",
                "0",
                f'"{modified(n)}"',
            )

        return texts

    def modified(self, number: int) -> str:
        """Say when an entry was modified.

        :param number: the entry number.
        :returns: the stamp of its posting, or the unset moment for one that was migrated.
        """
        if number % _MIGRATED == _MIGRATED - 1:
            return UNSET_MOMENT
        return self._stamps[(number - 1) // _BLOCK]

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
            members = "".join(f',"{name}":%s' for name in columns)
            places = (0, *[COLUMNS.index(name) + 1 for name in columns])
            recipe = (f'"@odata.etag":%s{members}', itemgetter(*places, -1))
            self._recipes[columns] = recipe
        template, pick = recipe
        text: str = template % pick(self.texts(number))[:-1]
        return text

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

    def _span(self, bounds: Sequence[Bound]) -> tuple[range, bool]:
        """Return the entry numbers that can satisfy the bounds, and whether all are dated."""
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
        return range(first, (last if dated else self._count) + 1), dated

    def scan(self, after: str | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Row]:
        """Walk the entries in key order.

        :param after: the id to go on behind; None for the beginning.
        :param bounds: comparisons on `lastModifiedDateTime` spare the walk through older entries.
        :returns: the entries, computed one by one.
        """
        span, _ = self._span(bounds)
        at = span.start if after is None else max(span.start, self._edge(after, behind=True))
        for key in sorted(self._overlay):
            if after is not None and key <= after:
                continue
            edge = self._edge(key, behind=False)
            for number in range(at, min(edge, span.stop)):
                yield _Entry(number, self)
            at = max(at, self._edge(key, behind=True))
            row = self._overlay[key]
            if row is not None:
                yield row
        for number in range(at, span.stop):
            yield _Entry(number, self)

    def follows(self, columns: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
        """Tell whether the key order is also the order of some columns.

        :param columns: the columns of an ascending order.
        :param bounds: comparisons every wanted row satisfies.
        :returns: True where nothing has to be sorted.
        """
        if self._overlay:
            return False
        _, dated = self._span(bounds)
        return columns == ("entryNumber",) or (dated and columns == ("lastModifiedDateTime",))

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
