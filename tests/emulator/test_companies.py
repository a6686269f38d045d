"""As many companies as are asked for."""

from __future__ import annotations

from contextlib import closing

import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.emulator.schema.catalog import route

from .conftest import API, Client


def test_three_hundred_companies() -> None:
    emulator = Emulator(companies=300, clock=VirtualClock())
    names = [company.name for company in emulator.companies]
    assert names[:2] == [company.name for company in Emulator().companies]
    assert (names[2], names[299]) == ("Company 003", "Company 300")
    with serve(emulator) as running:
        client = Client(running)
        with closing(client.http):
            listed = client.http.get(f"{API}/companies").json()["value"]
            assert sorted(names) == sorted(row["name"] for row in listed)
            client.company = emulator.company("Company 151")
            assert len(client.values("customers")) == len(client.company.rows("customers"))


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_small_companies_have_a_few_rows_of_much(number: int) -> None:
    emulator = Emulator(companies=6, clock=VirtualClock())
    company = emulator.company(f"Company {number:03d}")
    served = route("v2.0")
    assert served is not None
    dated = [one.name for one in served.sets.values() if one.modified == "lastModifiedDateTime"]
    sizes = [len(company.rows(name)) for name in dated]
    assert sum(2 <= size <= 5 for size in sizes) >= 20
    assert max(sizes) <= 5
    for _ in range(4):
        emulator.business_day(company.name)
    ids = {row["id"] for row in company.rows("customers")}
    others = {row["id"] for row in emulator.companies[0].rows("customers")}
    assert not ids & others


def test_one_company_is_the_default_company() -> None:
    with serve(Emulator(companies=1, clock=VirtualClock())) as running:
        client = Client(running)
        with closing(client.http):
            assert client.http.get(f"{API}/items").status_code == 200


def test_no_company_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Emulator(companies=0)
