"""The general ledger entries of CRONUS, computed from their number."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.store.ledger import ETAG, Ledger
from airflow_provider_bc.emulator.store.recipe import Column, repeating

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST_DAY = date(2024, 1, 1)
_DAYS = [(_FIRST_DAY + timedelta(days=day)).isoformat() for day in range(365)]
_CENTS = [f".{cents:02d}".rstrip("0").rstrip(".").encode() for cents in range(100)]
_TYPES = ("_x0020_", "Invoice", "Payment", "Credit_x0020_Memo")
_TEXTS = ("Entries, April", "Zahlung für Möbel", "Order 106015", "Årsavslut 年度")
# Decimals that no binary float holds: one wider than 53 bits, one with five places.
_AWKWARD = {13: b"12345678901234.56789", 14: b"0.00001"}

# An etag is the base64 of `'19;00` and the entry number in nine digits, three digits at a time.
_TRIPLES = [b64encode(b"%03d" % number) for number in range(1000)]
_HEAD = b'"W/\\"' + b64encode(b"'19;00")
_END = b64encode(b" 1;00;'") + b'\\""'


def _etags(numbers: range) -> list[bytes]:
    three, end = _TRIPLES, _END
    heads = {
        k: _HEAD + three[k // 1000] + three[k % 1000]
        for k in range(numbers.start // 1000, numbers[-1] // 1000 + 1)
    }
    return [heads[n // 1000] + three[n % 1000] + end for n in numbers]


def _amount(number: int) -> bytes:
    pair = (number + 1) // 2
    if pair % 997 in _AWKWARD:
        return _AWKWARD[pair % 997]
    cents = pair * 7919 % 1_000_003
    return b"%d%b" % (cents // 100, _CENTS[cents % 100])


ETAGS = Column(ETAG, _etags)
"""The etags of computed entries."""
NUMBERS = Column("entryNumber", lambda ns: [b"%d" % n for n in ns], whole=True)
"""The entry numbers."""


def amounts(name: str, *, odd: bool, even: bool) -> Column:
    """Make a column of amounts: an entry with an odd number and the next one cancel out.

    :param name: the property.
    :param odd: whether entries with an odd number have one.
    :param even: whether the others have one.
    :returns: the column; 0 where there is none.
    """
    which = (even, odd)
    return Column(name, lambda ns: [_amount(n) if which[n % 2] else b"0" for n in ns])


def general_ledger(count: int, accounts: Sequence[tuple[str, str]], tail: str) -> Ledger:
    """Make the general ledger of a company.

    :param count: how many entries there are.
    :param accounts: pairs of an account's id and number, used in turn.
    :param tail: the last 27 characters of every entry's id, so that two companies differ.
    :returns: the entity set `generalLedgerEntries`.
    """
    columns = (
        ETAGS,
        NUMBERS,
        repeating("postingDate", _DAYS, 7),
        Column("documentNumber", lambda ns: [b'"G%08d"' % (n // 4) for n in ns]),
        repeating("documentType", _TYPES, 4),
        repeating("accountId", [identity for identity, _ in accounts]),
        repeating("accountNumber", [number for _, number in accounts]),
        repeating("description", _TEXTS),
        amounts("debitAmount", odd=True, even=False),
        amounts("creditAmount", odd=False, even=True),
        repeating("additionalCurrencyDebitAmount", [Decimal(0)]),
        repeating("additionalCurrencyCreditAmount", [Decimal(0)]),
    )
    return Ledger(count, columns, tail, "lastModifiedDateTime")
