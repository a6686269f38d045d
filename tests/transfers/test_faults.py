"""Each fault of the emulator amid a load, and how it ends; the docs hold the table.

There is no third ending: every row once, or a clear error and nothing committed, wherever the fault
strikes and whatever the destination is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_bc import errors
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import FAULTS, Emulator, serve
from airflow_provider_bc.sync.policy import Policy
from tests.destinations import DESTINATIONS
from tests.world import AT_ONCE, LEDGER, World

PAGE = 50
ENTRIES = 400
FIRST, PROBES = 1, AT_ONCE.workers - 1  # requests: the first page, and those that find cuts
PLACES = range(FIRST + PROBES + 6)
SWEPT = Policy(lag=timedelta(0), sweep_every=timedelta(0))
WHOLE = "every row once"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


@dataclass(frozen=True)
class Ending:
    """How a load ends: with every row, or with an error and nothing published."""

    once: str
    lasting: str


ENDINGS = {
    "throttled": Ending(WHOLE, "Unavailable"),
    "throttled_text": Ending(WHOLE, "Unavailable"),
    "unavailable": Ending(WHOLE, "Unavailable"),
    "bad_gateway": Ending(WHOLE, "Unavailable"),
    "server_error": Ending(WHOLE, "Unavailable"),
    "gateway_timeout": Ending(WHOLE, "RequestTooLarge"),
    "request_timeout": Ending(WHOLE, "RequestTooLarge"),
    "too_large": Ending(WHOLE, "RequestTooLarge"),
    "dropped": Ending(WHOLE, "Unavailable"),
    "dropped_midway": Ending(WHOLE, "Unavailable"),
    "answer_lost": Ending(WHOLE, "Unavailable"),
    "cut_json": Ending(WHOLE, "GarbledAnswer"),
    "html_error": Ending(WHOLE, "Unavailable"),
    "error_in_200": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "missing_value": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "expired_token": Ending(WHOLE, "AuthenticationError"),
    "revoked": Ending(WHOLE, "AuthenticationError"),
    "looping_next_link": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "foreign_next_link": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "empty_page_with_next_link": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "slow": Ending(WHOLE, WHOLE),
    "redirect": Ending("UnexpectedAnswer", "UnexpectedAnswer"),
    "unauthorized_xml": Ending(WHOLE, "AuthenticationError"),
    "permission_denied": Ending("AuthorizationError", "AuthorizationError"),
    "forbidden": Ending("AuthorizationError", "AuthorizationError"),
}


EVERY_TIME = {"delta", "parquet", "postgresql"}
"""The destinations that are tried at each run of the suite; the others when it is proved."""


KINDS = [
    pytest.param(kind, marks=[] if kind in EVERY_TIME else pytest.mark.prove)
    for kind in sorted(DESTINATIONS)
]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A small world for every kind of destination."""
    with serve(Emulator(ledger_entries=ENTRIES)) as server:
        world = World(server, tmp_path, request.param)
        yield world
        world.close()


def ending_of(world: World, entity_set: str, policy: Policy = AT_ONCE) -> str:
    """Load an entity set, and name how it ended."""
    client = world.client(retries=Retries(attempts=4, base=0.01))
    try:
        world.copy(entity_set, client, policy=policy, page_size=PAGE)
    except errors.BusinessCentralError as error:
        return named(error)
    return WHOLE


def named(error: errors.BusinessCentralError) -> str:
    """Name the error as the tree does; each ends with what to do."""
    assert error.remedy.endswith((".", "?"))
    assert str(error).endswith(error.remedy)
    return next(k.__name__ for k in type(error).__mro__ if k.__module__ == errors.__name__)


def strike(world: World, fault: str, times: int, after: int = FIRST + PROBES) -> None:
    """Let a fault strike among the pages that follow the first one and the probes for cuts."""
    world.emulator.faults.add(fault, times=times, after=after, where=LEDGER, delay=0.01)


def test_every_fault_has_an_ending() -> None:
    assert set(ENDINGS) == set(FAULTS)


@pytest.mark.parametrize("world", KINDS, indirect=True)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_that_strikes_once(world: World, fault: str) -> None:
    strike(world, fault, times=1)
    ending = ending_of(world, LEDGER)
    assert ending == ENDINGS[fault].once
    if ending == WHOLE:
        world.assert_copied()
    else:
        assert world.place.rows(LEDGER) is None
        assert world.place.traces() == []


@pytest.mark.parametrize("world", KINDS, indirect=True)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_that_lasts_and_the_next_run_that_makes_it_whole(world: World, fault: str) -> None:
    strike(world, fault, times=10_000)
    ending = ending_of(world, LEDGER)
    assert ending == ENDINGS[fault].lasting
    if ending != WHOLE:
        assert world.place.rows(LEDGER) is None
        assert world.place.traces() == []
    world.emulator.faults.clear()
    world.copy(page_size=PAGE)
    world.assert_copied()


@pytest.mark.parametrize("world", KINDS, indirect=True)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_during_an_incremental_load_with_a_sweep(world: World, fault: str) -> None:
    world.copy("customers")
    before = world.place.rows("customers")
    for number in range(30):
        world.company.create("customers", {"displayName": f"New {number}"})
    gone = str(world.truth("customers")[0]["id"])
    world.company.delete("customers", gone)
    world.emulator.faults.add(fault, times=1, after=1, where="/customers", delay=0.01)
    ending = ending_of(world, "customers", SWEPT)
    assert ending == ENDINGS[fault].once
    assert ending == WHOLE or world.place.rows("customers") == before
    world.emulator.faults.clear()
    world.copy("customers", policy=SWEPT)
    world.assert_copied("customers")


@pytest.mark.parametrize(
    "places", [PLACES[::3], pytest.param(PLACES, marks=pytest.mark.prove)], ids=["some", "all"]
)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_there_is_no_third_ending_wherever_a_fault_strikes(
    fault: str, tmp_path: Path, places: range
) -> None:
    for after in places:  # each with its own emulator: threads outlive a load that failed
        with serve(Emulator(ledger_entries=ENTRIES)) as server:
            world = World(server, tmp_path / str(after))
            strike(world, fault, times=1, after=after)
            ending = ending_of(world, LEDGER)
            if ending == WHOLE:
                world.assert_copied()
            else:
                assert world.place.rows(LEDGER) is None
            world.close()


def test_the_document_holds_this_table() -> None:
    assert table() in DOCUMENT.read_text(), f"run: python -m {__name__}"


def table() -> str:
    lines = ["| fault | what happens | when it strikes once | when it lasts |", "|---|---|---|---|"]
    lines += [
        f"| `{fault}` | {FAULTS[fault]} | {said(ending.once)} | {said(ending.lasting)} |"
        for fault, ending in ENDINGS.items()
    ]
    return "\n".join(lines)


def said(ending: str) -> str:
    return ending if ending == WHOLE else f"`{ending}`, nothing published"


if __name__ == "__main__":
    head = DOCUMENT.read_text().partition("| fault |")[0]
    DOCUMENT.write_text(f"{head}{table()}\n")
