"""Whatever a company does, its copy becomes the original: a model of a busy one, driven at random.

What the engine promises has limits, and the model keeps within them: a transaction ends before the
overlap does, one that is seen before it is committed before the lag does, and a clock is set back
by less than the overlap.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.emulator.store.transaction import Transaction
from airflow_provider_bc.sync.policy import Policy
from tests.destinations import DESTINATIONS
from tests.world import A_MOMENT, World

SET = "customers"
FEW = 30
LAG, OVERLAP = 60.0, 600.0
LONGEST, LONGEST_DIRTY = 240.0, 50.0
MOST_BACK = 240.0


class Company(RuleBasedStateMachine):
    """A company that is written to, and copied now and then.

    :param kind: of the destination.
    :param deletes: what becomes of rows that are gone.
    """

    def __init__(self, kind: str, deletes: Any) -> None:
        super().__init__()
        self.home = ExitStack()
        folder = Path(self.home.enter_context(tempfile.TemporaryDirectory()))
        self.clock = VirtualClock()
        server = self.home.enter_context(
            serve(Emulator(ledger_entries=1, clock=self.clock, limits=False))
        )
        self.world = World(server, folder, kind)
        self.home.callback(self.world.close)
        self.deletes = deletes
        self.latest = self.clock.now()
        self.serial = 0
        self.open: list[tuple[Transaction, float, bool, set[str]]] = []

    def policy(self, *, sweep: bool) -> Policy:
        return Policy(
            overlap=timedelta(seconds=OVERLAP),
            lag=timedelta(seconds=LAG),
            deletes=self.deletes,
            sweep_every=timedelta(0) if sweep else None,
            most_deleted=1,
        )

    def values(self) -> dict[str, Any]:
        self.serial += 1
        return {"displayName": f"Name {self.serial}"}

    def free(self, choice: int) -> str | None:
        """Choose a row that no open transaction has written."""
        taken = {key for _, _, _, keys in self.open for key in keys}
        keys = [str(row["id"]) for row in self.world.truth(SET) if row["id"] not in taken]
        return keys[choice % len(keys)] if keys else None

    @initialize()
    def begin_small(self) -> None:
        for row in self.world.truth(SET)[FEW:]:
            self.world.company.delete(SET, str(row["id"]))
        self.sync(sweep=False)

    @rule()
    def create(self) -> None:
        self.world.company.create(SET, self.values())

    @rule()
    def migrate(self) -> None:
        self.world.company.migrate(SET, self.values())

    @rule(choice=st.integers(0, 99))
    def update(self, choice: int) -> None:
        if key := self.free(choice):
            self.world.company.update(SET, key, self.values())

    @rule(choice=st.integers(0, 99))
    def delete(self, choice: int) -> None:
        if key := self.free(choice):
            self.world.company.delete(SET, key)

    @rule(choice=st.integers(0, 99))
    def leave_and_return(self, choice: int) -> None:
        if key := self.free(choice):
            row = next(row for row in self.world.truth(SET) if row["id"] == key)
            self.world.company.delete(SET, key)
            self.sync(sweep=True)
            self.world.company.create(SET, row | self.values())

    @rule(dirty=st.booleans())
    def begin(self, *, dirty: bool) -> None:
        transaction = self.world.company.begin(dirty=dirty)
        self.open.append((transaction, self.clock.now(), dirty, set()))

    @precondition(lambda self: self.open)
    @rule(what=st.sampled_from(["create", "update", "delete"]), choice=st.integers(0, 99))
    def write(self, what: str, choice: int) -> None:
        transaction, _, _, keys = self.open[choice % len(self.open)]
        key = self.free(choice)
        if what == "create":
            keys.add(str(transaction.create(SET, self.values())["id"]))
        elif key and what == "update":
            transaction.update(SET, key, self.values())
            keys.add(key)
        elif key:
            transaction.delete(SET, key)
            keys.add(key)

    @precondition(lambda self: self.open)
    @rule(choice=st.integers(0, 99), commit=st.booleans())
    def end(self, choice: int, *, commit: bool) -> None:
        transaction, *_ = self.open.pop(choice % len(self.open))
        if commit:
            transaction.commit()
        else:
            transaction.rollback()

    @rule(seconds=st.floats(0.001, 200))
    def pass_time(self, seconds: float) -> None:
        """Let time pass; transactions end before they would be too long."""
        self.end_before(seconds)
        self.clock.advance(seconds)
        self.latest = max(self.latest, self.clock.now())

    def end_before(self, seconds: float) -> None:
        for one in list(self.open):
            transaction, began, dirty, _ = one
            if self.latest + seconds - began > (LONGEST_DIRTY if dirty else LONGEST):
                self.open.remove(one)
                if self.serial % 2:
                    transaction.commit()
                else:
                    transaction.rollback()

    @precondition(lambda self: not any(dirty for _, _, dirty, _ in self.open))
    @rule(seconds=st.floats(1, 200), back=st.booleans())
    def set_clock(self, seconds: float, *, back: bool) -> None:
        if not back:
            self.pass_time(seconds)
        elif not self.open and self.latest - self.clock.now() + seconds <= MOST_BACK:
            self.clock.step(-seconds)

    @rule(sweep=st.booleans())
    def sync(self, *, sweep: bool) -> None:
        self.copy(self.policy(sweep=sweep))

    @precondition(lambda self: not any(dirty for _, _, dirty, _ in self.open))
    @rule()
    def sync_whole(self) -> None:
        self.copy(self.policy(sweep=False), mode="full")

    @rule(sweep=st.booleans(), choice=st.integers(0, 99))
    def sync_while_busy(self, choice: int, *, sweep: bool) -> None:
        """Write between two pages of a read."""

        def work(_: float) -> None:
            self.create()
            self.update(choice)
            self.delete(choice + 1)

        self.world.emulator.faults.add("throttled", after=1, where=f"/{SET}")
        client, policy = self.world.client(sleep=work), self.policy(sweep=sweep)
        self.copy(policy, client=client)
        self.world.emulator.faults.clear()

    @invariant()
    def time_is_known(self) -> None:
        self.latest = max(self.latest, self.clock.now())

    def copy(self, policy: Policy, **options: Any) -> None:
        """Copy, which takes a moment."""
        self.end_before(A_MOMENT)
        self.world.copy(SET, policy=policy, page_size=10, **options)
        self.latest = max(self.latest, self.clock.now())

    def teardown(self) -> None:
        try:
            while self.open:
                transaction, *_ = self.open.pop()
                transaction.commit()
            self.clock.advance(2 * OVERLAP)
            self.sync(sweep=True)
            self.world.assert_copied(SET)
            report = self.world.copy(SET, policy=self.policy(sweep=True))
            assert (report.rows, report.deleted, report.found) == (0, 0, 0)
        finally:
            self.home.close()


def machine(kind: str, deletes: str) -> type[Company]:
    """Choose the destination."""

    class Chosen(Company):
        def __init__(self) -> None:
            super().__init__(kind, deletes)

    return Chosen


def patience(examples: int, steps: int, *, random: bool = False) -> settings:
    return settings(
        derandomize=not random,
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@pytest.mark.parametrize("kind", sorted(DESTINATIONS))
@pytest.mark.parametrize("deletes", ["hard", "soft"])
def test_the_copy_becomes_the_original(kind: str, deletes: str) -> None:
    run_state_machine_as_test(machine(kind, deletes), settings=patience(3, 20))


@pytest.mark.prove
@pytest.mark.parametrize("kind", sorted(DESTINATIONS))
@pytest.mark.parametrize("deletes", ["hard", "soft"])
def test_the_copy_becomes_the_original_after_fifty_syncs(kind: str, deletes: str) -> None:
    run_state_machine_as_test(machine(kind, deletes), settings=patience(5, 150, random=True))
