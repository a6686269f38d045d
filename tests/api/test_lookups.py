from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from airflow_provider_bc.api.lookups import Lookups
from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.odata.natural_keys import NaturalKey
from airflow_provider_bc.odata.page import Row
from tests.write_back.meddler import Meddler


@pytest.fixture(scope="module")
def meddler() -> Meddler:
    made = Meddler(Emulator(ledger_entries=1))
    for number in range(205):
        made.there(number=f"L{number}", displayName="One of many", city="Ulm")
    return made


def look(
    meddler: Meddler, by: list[str], *keys: Any
) -> tuple[dict[NaturalKey, list[Row]], list[str]]:
    """Look for keys; give what is found, and the queries that it took."""
    target = meddler.perform(meddler.entities.target("customers", {}))
    meddler.emulator.log.clear()
    wanted = [dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True)) for key in keys]
    found = meddler.perform(
        Lookups(meddler.entities).rows_with(target, by, wanted, ["displayName"])
    )
    entries = [one for one in meddler.emulator.log.entries if one.path.endswith("/customers")]
    return found, [unquote(one.query) for one in entries]


def test_a_hundred_keys_take_one_request(meddler: Meddler) -> None:
    found, queries = look(meddler, ["number"], *[f"L{number}" for number in range(205)])
    assert len(found) == 205
    assert len(queries) == 3
    assert all(query.startswith("$select=id,number,displayName&$filter=") for query in queries)
    (row,) = found["l7",]
    assert {"@odata.etag", "id", "number", "displayName"} <= set(row)


def test_a_key_that_no_row_has_is_not_there(meddler: Meddler) -> None:
    assert look(meddler, ["number"], "L1", "nobody")[0].keys() == {("l1",)}


def test_a_wildcard_is_no_key(meddler: Meddler) -> None:
    assert look(meddler, ["number"], "L*")[0] == {}


def test_every_row_of_a_key_is_given(meddler: Meddler) -> None:
    found, _ = look(meddler, ["displayName"], "One of many")
    assert len(found["one of many",]) == 205


def test_two_fields_are_one_request_while_one_of_them_is_the_same(meddler: Meddler) -> None:
    found, queries = look(meddler, ["city", "number"], ("Ulm", "L1"), ("Ulm", "L2"), ("Kiel", "L3"))
    assert found.keys() == {("ulm", "l1"), ("ulm", "l2")}
    assert len(queries) == 2


def test_no_keys_are_no_request(meddler: Meddler) -> None:
    assert look(meddler, ["number"]) == ({}, [])
