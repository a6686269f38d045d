"""What must hold of rows that arrive: no false alarm, whatever happens during the read."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import IncompleteRead, UnexpectedAnswer
from airflow_provider_bc.sync.checks import check_count, check_rows
from airflow_provider_bc.sync.plan import Plan
from airflow_provider_bc.sync.reading import Position
from tests.sync.ledger import METADATA, ONE, Ledger, entry
from tests.sync.loader import Loader

MARCH = "2026-03-01T12:00:00Z"
NOWHERE = UPath("memory://nowhere")


def plan_of(ledger: Ledger) -> Plan:
    return Loader(NOWHERE, ledger).plan()


def position(expected: int | None, arrived: int) -> Position:
    return Position(ONE, ONE, expected, [], entities=arrived)


@pytest.mark.parametrize(("arrived", "whole"), [(2, False), (3, True), (4, False)])
def test_rows_must_be_as_many_as_were_counted(arrived: int, *, whole: bool) -> None:
    ledger = Ledger(*(entry(key, MARCH) for key in "abc"))
    if whole:
        check_count(ledger, plan_of(ledger), position(3, arrived))
        return
    with pytest.raises(IncompleteRead, match=f"{arrived} rows arrived, .* counted 3 before and 3"):
        check_count(ledger, plan_of(ledger), position(3, arrived))


def test_without_a_stamp_nobody_knows_what_changed_meanwhile() -> None:
    ledger = Ledger(*({"id": key} for key in "abc"), kind=METADATA.entity_types["stampless"])

    with pytest.raises(IncompleteRead, match="and 0 changed meanwhile"):
        check_count(ledger, plan_of(ledger), position(3, 2))
    check_count(ledger, plan_of(ledger), position(2, 2))


WRITES = st.tuples(st.integers(0, 8), st.sampled_from("abcdefgh"), st.booleans())


@given(st.lists(WRITES, max_size=12))
def test_whatever_is_written_or_deleted_during_a_read_is_no_false_alarm(
    events: list[tuple[int, str, bool]],
) -> None:
    original = "abcdef"
    ledger = Ledger(*(entry(key, MARCH) for key in original))
    loader = Loader(UPath(f"memory://{uuid.uuid4()}/table"), ledger)

    def happens(served: int) -> None:
        ledger.pass_time(1)
        for at, key, deleted in events:
            if at != served:
                continue
            if deleted and key in original:
                ledger.rows.pop(key, None)
            else:
                ledger.write(entry(key, ledger.clock.isoformat()))

    ledger.happens = happens
    for _ in range(2):
        loader.run()
    assert not any("read once more" in line for line in loader.said)
    loader.folder.parent.fs.rm(loader.folder.parent.path, recursive=True)


def test_a_row_without_its_key_is_refused() -> None:
    ledger = Ledger(entry("a", MARCH))
    batch = pa.RecordBatch.from_pylist([{"id": "a"}, {"id": None}])

    with pytest.raises(UnexpectedAnswer, match="entries: a row has no id, which is its key"):
        check_rows(plan_of(ledger), batch)


@pytest.mark.parametrize(("older", "fine"), [(0, True), (1, False)])
def test_a_row_older_than_was_asked_for_is_refused(older: int, *, fine: bool) -> None:
    ledger = Ledger(entry("a", MARCH))
    plan = replace(plan_of(ledger), since=ONE)
    stamp = ONE.replace(microsecond=0) if not older else ONE.replace(hour=12)
    schema = pa.schema([("id", pa.string()), ("lastModifiedDateTime", pa.timestamp("us", "UTC"))])
    batch = pa.RecordBatch.from_pylist([{"id": "a", "lastModifiedDateTime": stamp}], schema)

    check_rows(plan, batch.slice(0, 0))
    if fine:
        check_rows(plan, batch)
        return
    with pytest.raises(UnexpectedAnswer, match="ignored the filter"):
        check_rows(plan, batch)
