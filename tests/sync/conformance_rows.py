"""Rows, plans and loads of the conformance suite, and what a store must let it see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import pyarrow as pa
from hypothesis import strategies as st

from airflow_provider_bc.sync.columns import DECIMAL, TIMESTAMP
from airflow_provider_bc.sync.commit import Commit, Kind, Source
from airflow_provider_bc.sync.destination import Destination
from airflow_provider_bc.sync.drift import conform, follow
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.policy import Deletes, Policy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COMPANY = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SOURCE = Source("tenant", "Production", COMPANY, "v2.0", "order", "$select=id,group")
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("group", pa.string()),  # a word of SQL, as is the name of the entity set
        pa.field("amount", DECIMAL),
        pa.field("modified", TIMESTAMP),
    ]
)
Row = dict[str, Any]


class Store(Protocol):
    """A place for one entity set, and what a test wants to know of it."""

    durable_after: int
    """How many rows, written with a position, are certainly durable."""

    def open(self, company_id: str = COMPANY) -> Destination:
        """Give the destination as another process would see it."""
        ...

    def rows(self, company_id: str = COMPANY) -> list[Row]:
        """Give every row that is there, read without the destination; its own columns only."""
        ...

    def deleted(self, company_id: str = COMPANY) -> list[Row]:
        """Give every row that is marked as deleted."""
        ...

    def leftovers(self) -> list[str]:
        """Name what stands beside the table and is none of its parts: rows on their way."""
        ...


def row(key: str, minute: int = 0, **values: Any) -> Row:
    """Make a row that was changed some minutes after noon."""
    changed = NOON + timedelta(minutes=minute)
    return {"id": key, "group": f"group of {key}", "amount": None, "modified": changed} | values


def batch(rows: Sequence[Row], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=schema)


def plan(
    destination: Destination,
    kind: Kind = "changes",
    *,
    key: tuple[str, ...] = ("id",),
    stamp: str | None = "modified",
    deletes: Deletes = "hard",
    resume_key: str | None = None,
    source: Source = SOURCE,
) -> Plan:
    return Plan(
        source=source,
        last=destination.last_commit(source),
        kind=kind,
        key=key,
        stamp=stamp,
        since=NOON - timedelta(days=1) if kind == "changes" else None,
        until=NOON,
        sweep=False,
        where=None,
        policy=Policy(deletes=deletes),
        resume_key=resume_key,
    )


def commit_of(work: Plan) -> Commit:
    return Commit(work.sequence, work.kind, work.source, NOON, NOON, swept_at=NOON)


def keys_of(batches: Iterator[pa.RecordBatch]) -> list[Row]:
    return [row for batch in batches for row in batch.to_pylist()]


def keys_table(keys: Sequence[Row], key: tuple[str, ...], schema: pa.Schema) -> pa.Table:
    fields = pa.schema([schema.field(name) for name in key])
    return pa.Table.from_pylist([{name: one[name] for name in key} for one in keys], schema=fields)


def load(
    destination: Destination,
    rows: Sequence[Row],
    work: Plan | None = None,
    *,
    gone: Sequence[Row] = (),
    schema: pa.Schema = SCHEMA,
    size: int = 2,
) -> Commit:
    """Load rows as the engine does: a few at a time, and a snapshot ends what it does not have."""
    work = work or plan(destination)
    columns, _ = follow(destination.schema(), schema)
    with destination.staging(work, columns) as staging:
        for start in range(0, len(rows), size):
            part = conform(batch(rows[start : start + size], schema), columns)
            staging.write(part, str(start + size).encode())
        ends = list(gone)
        if work.kind == "snapshot" and work.key:
            staged = keys_of(staging.keys())
            ends += [one for one in keys_of(destination.live_keys(work.key)) if one not in staged]
        return staging.commit(commit_of(work), keys_table(ends, work.key, columns))


def by_id(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["id"]))


AWKWARD_TEXTS = [
    "",
    " ",
    "trailing ",
    "trailing",
    "Case",
    "case",
    "'",
    '"',
    '""',
    ",",
    ";",
    "\\",
    "\\N",
    "\\.",
    "a\n\\.\nb",
    "NULL",
    "null",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "\r",
    "%s %(x)s :x ? {x}",
    "ÄÖÜß",
    "日本語",
    "😀👩‍👩‍👧",
    "\ufeff",
    "\x01\x7f",
    "'; DROP TABLE x; --",
]
AWKWARD_NUMBERS = [
    "0",
    "0.00001",
    "-0.00001",
    "12345678901234.56789",
    "999999999999999999",
    "-999999999999999999.99999999999999999999",
    "0.00000000000000000001",
    "100",
    "1.10",
]
WIDE = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("text", pa.string()),
        pa.field("decimal", DECIMAL),
        pa.field("moment", TIMESTAMP),
        pa.field("date", pa.date32()),
        pa.field("bool", pa.bool_()),
        pa.field("int8", pa.int8()),
        pa.field("int16", pa.int16()),
        pa.field("int32", pa.int32()),
        pa.field("int64", pa.int64()),
        pa.field("float32", pa.float32()),
        pa.field("float64", pa.float64()),
        pa.field("struct", pa.struct([("decimal", DECIMAL), ("text", pa.string())])),
        pa.field("list", pa.list_(pa.struct([("moment", TIMESTAMP), ("int", pa.int32())]))),
    ]
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_DAYS = {"min_value": date(1753, 1, 1), "max_value": date(9999, 12, 30)}
_MOMENTS = st.datetimes(datetime(1753, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - with a zone in the end


def _decimal(digits: int) -> Decimal:
    return Decimal((int(digits < 0), Decimal(abs(digits)).as_tuple().digits, -20))


_DECIMALS = st.integers(-(10**38) + 1, 10**38 - 1).map(_decimal)


def _whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def _floats(width: Any) -> st.SearchStrategy[float]:
    # subnormal numbers are no concern of a business, and not every database keeps them
    return st.floats(width=width, allow_nan=False, allow_infinity=False, allow_subnormal=False)


ANY_ROW = st.fixed_dictionaries(
    {
        "id": _TEXTS,
        "text": _maybe(_TEXTS),
        "decimal": _maybe(_DECIMALS),
        "moment": _maybe(_MOMENTS),
        "date": _maybe(st.dates(**_DAYS)),
        "bool": _maybe(st.booleans()),
        "int8": _maybe(_whole(8)),
        "int16": _maybe(_whole(16)),
        "int32": _maybe(_whole(32)),
        "int64": _maybe(_whole(64)),
        "float32": _maybe(_floats(32)),
        "float64": _maybe(_floats(64)),
        "struct": _maybe(
            st.fixed_dictionaries({"decimal": _maybe(_DECIMALS), "text": _maybe(_TEXTS)})
        ),
        "list": _maybe(
            st.lists(
                st.fixed_dictionaries({"moment": _maybe(_MOMENTS), "int": _maybe(_whole(32))}),
                max_size=2,
            )
        ),
    }
)


class Stop(Exception):
    """A load ends here, with an error."""


def stopped() -> AbstractContextManager[None]:
    """Survive the end of a load."""
    return suppress(Stop)
