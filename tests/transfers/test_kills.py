"""Loads that are killed at any moment: a table is as before or as after, and a retry ends them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_bc.emulator import Emulator, serve
from tests.destinations import DESTINATIONS
from tests.transfers.load_on_demand import Ended, Loader
from tests.world import LEDGER, World

ENTRIES = 300
SMALL_PARTS = {"compact_after": 2, "part_bytes": 20_000}
"""Several durable parts in each load, and a compaction now and then."""

KINDS = sorted(DESTINATIONS)


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with serve(Emulator(ledger_entries=ENTRIES, limits=False)) as server:
        world = World(server, tmp_path / "copy", request.param)
        yield world
        world.close()


class Killer:
    """Loads with a killer behind them.

    :param world: to be copied.
    :param loader: the process that loads.
    :param chance: what decides; its seed is in the name of a failing test.
    """

    def __init__(self, world: World, loader: Loader, chance: random.Random) -> None:
        self.world = world
        self.loader = loader
        self.chance = chance
        self.kills = 0
        self.resumed = 0

    def round(self, number: int) -> None:
        """Change something, and load until a load is through."""
        before = self.world.place.rows(LEDGER)
        self.change(number)
        job = self.job(number)
        duration = None if before is None else 0.2
        while not (ended := self.attempt(job, duration or 0.5)).kind:
            assert ended.killed, ended.error
            self.kills += 1
            seen = self.world.place.rows(LEDGER)
            assert seen == before or self.is_true()
        self.world.assert_copied(LEDGER)

    def job(self, number: int) -> dict[str, Any]:
        place = self.world.place
        return {
            "kind": place.kind,
            "url": place.url,
            "options": SMALL_PARTS,
            "connection": self.world.server.connection,
            "entity_set": LEDGER,
            "mode": "full" if number % 4 == 0 else "incremental",
            "sweep_every": 0,
            "resume_key": f"run-{number}",
        }

    def change(self, number: int) -> None:
        company = self.world.company
        for place in range(self.chance.randint(1, 60)):
            entry = {"accountNumber": "40100", "documentNumber": f"K{number}-{place}"}
            company.create(LEDGER, entry)
        rows = self.world.truth()
        for row in self.chance.sample(rows, 5):
            company.update(LEDGER, str(row["id"]), {"description": f"Changed {number}"})
        for row in self.chance.sample(rows, 3):
            company.delete(LEDGER, str(row["id"]))

    def attempt(self, job: dict[str, Any], duration: float) -> Ended:
        """Load once; the kill comes anywhere, or about when the commit is made."""
        self.world.emulator.clock.advance(2)
        self.loader.begin(**job)
        if self.chance.random() < 0.25:
            return self.loader.wait()
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0.005, duration))
        else:
            self.await_the_last_page()
            time.sleep(self.chance.uniform(0, 0.06))
        self.loader.kill()
        return self.loader.wait()

    def await_the_last_page(self) -> None:
        """Wait until no request has come for some milliseconds."""
        deadline = time.monotonic() + 2
        log, quiet, count = self.world.emulator.log, 0, -1
        while quiet < 3 and time.monotonic() < deadline:
            now = log.count("data", path=LEDGER)
            quiet = quiet + 1 if now == count and now else 0
            count = now
            time.sleep(0.005)

    def is_true(self) -> bool:
        try:
            self.world.assert_copied(LEDGER)
        except AssertionError:
            return False
        return True


def kill(world: World, rounds: int, seed: int) -> Killer:
    with Loader() as loader:
        killer = Killer(world, loader, random.Random(seed))  # noqa: S311 - a repeatable choice
        for number in range(rounds):
            killer.round(number)
    return killer


def test_a_handful_of_kills(world: World) -> None:
    assert kill(world, rounds=5, seed=1).kills


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(4))
def test_two_hundred_kills(world: World, seed: int) -> None:
    with Loader() as loader:
        killer = Killer(world, loader, random.Random(seed))  # noqa: S311 - a repeatable choice
        number = 0
        while killer.kills < 50:
            killer.round(number)
            number += 1
    assert killer.kills >= 50


@pytest.mark.parametrize("same_task", [False, True])
def test_two_processes_at_once(world: World, *, same_task: bool) -> None:
    with Loader() as one, Loader() as other:
        killer = Killer(world, one, random.Random(2))  # noqa: S311 - a repeatable choice
        for number in range(4):
            killer.change(number)
            world.emulator.clock.advance(2)
            job = killer.job(number)
            one.begin(**job)
            other.begin(**job | {"resume_key": job["resume_key"] if same_task else "other"})
            ends = [one.wait(), other.wait()]
            assert any(end.kind for end in ends), ends
            assert all(end.kind or end.error == "Conflict" for end in ends), ends
            world.assert_copied(LEDGER)
