"""Write-backs that are killed and disturbed at any moment: each row once, each outcome right."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from tests.transfers.load_on_demand import Ended, Loader
from tests.transfers.write_back_scene import Orders, Scene

PASSING = (
    "throttled",
    "unavailable",
    "bad_gateway",
    "server_error",
    "gateway_timeout",
    "request_timeout",
    "too_large",
    "dropped",
    "dropped_midway",
    "cut_json",
    "html_error",
    "expired_token",
    "unauthorized_xml",
    "revoked",
    "slow",
)
"""What ends no attempt, wherever it strikes: before a batch was carried out, or after."""

UPON_BATCHES = (*PASSING, "error_in_200", "redirect")
ENDING_LOOKS = (
    "error_in_200",
    "redirect",
    "missing_value",
    "looping_next_link",
    "foreign_next_link",
    "empty_page_with_next_link",
    "permission_denied",
    "forbidden",
)
ENDING_BATCHES = ("permission_denied", "forbidden")
"""What ends an attempt, for somebody to look into; another one then goes on."""


@pytest.fixture
def server() -> Iterator[Server]:
    emulator = Emulator(ledger_entries=10)
    emulator.limits.rate = 1_000_000  # the five at once are held to, the hours are not waited for
    with serve(emulator) as served:
        yield served


class Disturber:
    """Attempts of one task, with what disturbs them.

    :param scene: what is written.
    :param loader: the process that writes.
    :param seed: of all choices; it is in the name of a failing test.
    """

    def __init__(self, scene: Scene, loader: Loader, seed: int) -> None:
        self.scene = scene
        self.loader = loader
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable choice
        self.attempts = 0
        self.kills = 0
        self.errors: Counter[str] = Counter()
        self.played: Counter[str] = Counter()

    def attempt(self, faults: int, kill_after: float | None) -> Ended:
        """Write once, with faults anywhere, and a kill unless it ends before."""
        self.attempts += 1
        self.plan_faults(faults)
        self.loader.begin(**self.scene.job(self.attempts))
        if kill_after is not None:
            time.sleep(kill_after)
            self.loader.kill()
        ended = self.loader.wait()
        self.kills += ended.killed
        if ended.error:
            self.errors[":".join(ended.error.split(":")[:2])] += 1
        self.rest()
        return ended

    def plan_faults(self, many: int) -> None:
        """Plan faults at any requests, now and then among them one that ends the attempt."""
        script, looks = self.scene.server.emulator.faults, f"/{self.scene.entity_set}"
        script.clear()
        places = [(name, "$batch") for name in UPON_BATCHES] + [(name, looks) for name in PASSING]
        chosen = self.chance.sample(places, min(many, len(places)))
        if self.chance.random() < 0.4:
            ending = [(name, looks) for name in ENDING_LOOKS]
            ending += [(name, "$batch") for name in ENDING_BATCHES]
            chosen.append(self.chance.choice(ending))
        for name, where in chosen:
            after = self.chance.randint(0, 40)
            script.add(name, after=after, where=where, retry_after=0, delay=0.2)

    def rest(self) -> None:
        """Let what was under way come to its end, as the delay before a retry does."""
        log = self.scene.server.emulator.log
        quiet, count = 0, -1
        while quiet < 5:
            now = len(log.entries)
            quiet, count = (quiet + 1 if now == count else 0), now
            time.sleep(0.02)
        self.played.update(entry.fault for entry in log.entries if entry.fault)
        log.clear()

    def finish(self, faults: int) -> None:
        """Write until an attempt is through."""
        while not self.attempt(faults, None).kind:
            assert self.errors, "an attempt ended without a word"
            assert self.attempts < 60, self.errors


@pytest.mark.parametrize("kind", [Scene, Orders])
def test_a_kill_and_some_faults(server: Server, tmp_path: Path, kind: type[Scene]) -> None:
    scene = kind(server, tmp_path, 400)
    with Loader("tests.transfers.write_back_on_demand") as loader:
        disturber = Disturber(scene, loader, seed=1)
        while not disturber.kills:
            disturber.attempt(2, disturber.chance.uniform(0.1, 0.6))
        disturber.finish(3)
    scene.assert_right()


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("kind", "rows", "faults", "longest"), [(Scene, 10_000, 20, 20.0), (Orders, 2_000, 4, 2.0)]
)
def test_ten_thousand_rows(
    server: Server,
    tmp_path: Path,
    *,
    kind: type[Scene],
    rows: int,
    faults: int,
    longest: float,
    seed: int,
) -> None:
    """A document in doubt ends an attempt, so more faults would let none come through.

    The kills strike while rows are written: an attempt on documents lasts a second or two.
    """
    began = time.monotonic()
    scene = kind(server, tmp_path, rows)
    others = scene.somebody_else(seed) if kind is Scene else nullcontext()
    with Loader("tests.transfers.write_back_on_demand") as loader, others:
        disturber = Disturber(scene, loader, seed)
        while disturber.kills < 10:
            most = min(longest, 1.5 * disturber.kills + 2)
            disturber.attempt(faults, disturber.chance.uniform(0.2, most))
        disturber.finish(faults)
        scene.server.emulator.faults.clear()
    scene.assert_right()
    seconds = time.monotonic() - began
    print(  # noqa: T201 - the figures of the proof
        f"\n{kind.__name__}: {rows} rows, {disturber.attempts} attempts, {disturber.kills} kills, "
        f"{disturber.played.total()} faults {dict(disturber.played)}, ended early by "
        f"{dict(disturber.errors)}, {sum(scene.touched.values())} changes by others, "
        f"{seconds:.0f} s"
    )
