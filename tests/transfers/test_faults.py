"""Each fault of the emulator in the middle of a load, and how it ends; the docs hold the table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from airflow_provider_bc import errors
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import FAULTS
from tests.world import LEDGER, World

PAGE = 200
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


def load_through(world: World, fault: str, times: int) -> str:
    """Load while a fault strikes from the fourth page on, and name how it ended."""
    world.emulator.faults.add(fault, times=times, after=3, where=LEDGER, delay=0.01)
    client = world.client(retries=Retries(attempts=4, base=0.01))
    try:
        world.copy(client=client, page_size=PAGE)
    except errors.BusinessCentralError as error:
        return named(error)
    return WHOLE


def named(error: errors.BusinessCentralError) -> str:
    """Name the error as the tree does; each ends with what to do."""
    assert error.remedy.endswith((".", "?"))
    assert str(error).endswith(error.remedy)
    return next(k.__name__ for k in type(error).__mro__ if k.__module__ == errors.__name__)


def assert_ended(world: World, ending: str) -> None:
    if ending == WHOLE:
        world.assert_copied()
    else:
        assert world.published() == []


def test_every_fault_has_an_ending() -> None:
    assert set(ENDINGS) == set(FAULTS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_that_strikes_once(world: World, fault: str) -> None:
    ending = load_through(world, fault, times=1)
    assert ending == ENDINGS[fault].once
    assert_ended(world, ending)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_that_lasts(world: World, fault: str) -> None:
    ending = load_through(world, fault, times=10_000)
    assert ending == ENDINGS[fault].lasting
    assert_ended(world, ending)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_next_run_makes_it_whole(world: World, fault: str) -> None:
    load_through(world, fault, times=10_000)
    world.emulator.faults.clear()
    world.copy(page_size=PAGE)
    world.assert_copied()


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_during_an_incremental_load(world: World, fault: str) -> None:
    world.copy("customers")
    before = world.published()
    for number in range(30):
        world.company.create("customers", {"displayName": f"New {number}"})
    world.emulator.faults.add(fault, times=1, after=1, where="/customers", delay=0.01)
    client = world.client(retries=Retries(attempts=4, base=0.01))
    ending = WHOLE
    try:
        world.copy("customers", client, page_size=10)
    except errors.BusinessCentralError as error:
        ending = named(error)
    assert ending == ENDINGS[fault].once
    assert ending == WHOLE or world.published() == before
    world.emulator.faults.clear()
    world.copy("customers")
    world.assert_copied("customers")


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
