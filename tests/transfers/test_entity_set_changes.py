"""Loads while the company goes on working: late, young, deleted, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_bc.emulator import Emulator, Server, VirtualClock, serve
from airflow_provider_bc.errors import ConfigurationError, TooManyDeleted
from airflow_provider_bc.sync.policy import Policy
from tests.destinations import DESTINATIONS
from tests.world import AT_ONCE, World

SWEPT = Policy(lag=timedelta(0), sweep_every=timedelta(0))
SOFTLY = Policy(lag=timedelta(0), sweep_every=timedelta(0), deletes="soft")


@pytest.fixture(params=sorted(DESTINATIONS))
def any_world(
    request: pytest.FixtureRequest, business_central: Server, tmp_path: Path
) -> Iterator[World]:
    """The same for every kind of destination."""
    world = World(business_central, tmp_path, request.param)
    yield world
    world.close()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[World]:
    """A world whose time stands still."""
    with serve(Emulator(clock=VirtualClock())) as server:
        world = World(server, tmp_path)
        yield world
        world.close()


def test_a_row_that_changes_after_its_page_was_read_comes_with_the_next_load(
    still: World,
) -> None:
    keys = sorted(str(row["id"]) for row in still.truth("customers"))

    def change_behind_and_ahead(_: float) -> None:
        still.emulator.clock.advance(60)
        still.company.update("customers", keys[0], {"city": "Behind"})
        still.emulator.clock.advance(3600)
        still.company.update("customers", keys[-1], {"city": "Ahead"})

    still.emulator.faults.add("throttled", after=1, where="/customers")
    still.copy("customers", still.client(sleep=change_behind_and_ahead), page_size=50)
    assert dict(still.copied("customers", "id, city"))[keys[0]] != "Behind"
    still.copy("customers")
    found = dict(still.copied("customers", "id, city"))
    assert (found[keys[0]], found[keys[-1]]) == ("Behind", "Ahead")


def test_a_stamp_in_the_future_does_not_end_incremental_loads(any_world: World) -> None:
    world = any_world
    far = world.company.create("customers", {"displayName": "Far"})
    world.emulator.clock.step(86_400 * 365)
    world.company.update("customers", str(far["id"]), {"city": "Ulm"})
    world.emulator.clock.step(-86_400 * 365)
    world.copy("customers")
    changed = str(world.truth("customers")[0]["id"])
    world.company.update("customers", changed, {"city": "Kiel"})
    world.copy("customers")
    world.assert_copied("customers")


def test_two_changes_within_one_millisecond_both_arrive(still: World) -> None:
    key = str(still.truth("customers")[0]["id"])
    still.company.update("customers", key, {"city": "Kiel"})
    still.copy("customers")
    still.emulator.clock.step(-2)
    still.company.update("customers", key, {"city": "Bonn"})
    still.copy("customers")
    assert dict(still.copied("customers", "id, city"))[key] == "Bonn"


def test_what_is_younger_than_the_lag_is_left_for_the_next_run(still: World) -> None:
    patient = Policy(lag=timedelta(seconds=60))
    still.copy("customers", policy=patient)
    row = still.company.create("customers", {"displayName": "Young"})
    assert still.copy("customers", policy=patient).kind == "nothing"
    still.emulator.clock.advance(30)
    still.company.create("customers", {"displayName": "Younger"})
    still.emulator.clock.advance(30)
    assert still.copy("customers", policy=patient).rows == 1
    assert row["id"] in {key for (key,) in still.copied("customers", "id")}
    still.emulator.clock.advance(60)
    assert still.copy("customers", policy=patient).rows == 1
    still.assert_copied("customers")


def test_what_is_gone_is_removed_by_the_next_sweep(any_world: World) -> None:
    world, client = any_world, any_world.client()
    world.copy("customers", client)
    gone = str(world.truth("customers")[0]["id"])
    world.company.delete("customers", gone)
    unswept = world.copy("customers", client)
    assert (unswept.rows, unswept.deleted) == (0, 0)
    report = world.copy("customers", client, policy=SWEPT)
    assert (report.kind, report.rows, report.deleted) == ("changes", 0, 1)
    world.assert_copied("customers")
    assert world.copy("customers", client, policy=SWEPT).deleted == 0


def test_once_a_day_all_keys_are_compared(any_world: World) -> None:
    world, client = any_world, any_world.client()
    world.copy("customers", client)
    world.company.delete("customers", str(world.truth("customers")[0]["id"]))
    world.emulator.clock.advance(86_000)
    assert world.copy("customers", client).deleted == 0
    world.emulator.clock.advance(400)
    assert world.copy("customers", client).deleted == 1
    world.assert_copied("customers")


def test_what_is_gone_is_kept_with_its_last_values_where_deletes_are_soft(
    any_world: World,
) -> None:
    world, client = any_world, any_world.client()
    world.copy("customers", client, policy=SOFTLY)
    row = world.truth("customers")[0]
    world.company.delete("customers", str(row["id"]))
    report = world.copy("customers", client, policy=SOFTLY)
    assert (report.rows, report.deleted) == (0, 1)
    world.assert_copied("customers")
    (gone,) = world.place.gone("customers")
    assert gone["id"] == row["id"]
    assert gone["_deleted_at"] is not None
    assert world.copy("customers", client, policy=SOFTLY).deleted == 0


def test_a_row_that_comes_back_is_there_again(any_world: World) -> None:
    world, client = any_world, any_world.client()
    world.copy("customers", client, policy=SOFTLY)
    row = world.truth("customers")[0]
    world.company.delete("customers", str(row["id"]))
    world.copy("customers", client, policy=SOFTLY)
    world.company.create("customers", row)
    assert world.copy("customers", client, policy=SOFTLY).rows == 1
    world.assert_copied("customers")
    assert world.place.gone("customers") == []


def test_suspiciously_many_that_are_gone_change_nothing(any_world: World) -> None:
    world, client = any_world, any_world.client()
    world.copy("customers", client)
    before = world.place.rows("customers")
    rows = world.truth("customers")
    world.company.create("customers", {"displayName": "New"})
    for row in rows[: len(rows) // 2]:
        world.company.delete("customers", str(row["id"]))
    with pytest.raises(TooManyDeleted, match="Nothing was changed"):
        world.copy("customers", client, policy=SWEPT)
    assert world.place.rows("customers") == before
    with pytest.raises(TooManyDeleted):
        world.copy("customers", client, mode="full")
    assert world.place.rows("customers") == before
    allowed = Policy(lag=timedelta(0), sweep_every=timedelta(0), most_deleted=1)
    assert world.copy("customers", client, policy=allowed).deleted == len(rows) // 2
    world.assert_copied("customers")


def test_rows_that_no_stamp_leads_to_are_found_by_comparing_keys(any_world: World) -> None:
    world, client = any_world, any_world.client()
    world.company.create("customers", {"displayName": "New"})
    world.copy("customers", client)
    world.emulator.clock.step(-3_600)
    late = world.company.create("customers", {"displayName": "Committed late"})
    world.emulator.clock.step(3_600)
    unswept = world.copy("customers", client)
    assert (unswept.rows, unswept.deleted) == (0, 0)
    report = world.copy("customers", client, policy=SWEPT)
    assert (report.rows, report.found) == (1, 1)
    assert late["id"] in {row["id"] for row in world.place.rows("customers") or ()}
    world.assert_copied("customers")
    assert world.copy("customers", client, policy=SWEPT).found == 0


def test_a_row_that_leaves_the_condition_is_gone_with_the_next_sweep(any_world: World) -> None:
    world, client = any_world, any_world.client()
    where = "city eq 'Miami'"
    world.copy("customers", client, where=where)
    inside = [str(row["id"]) for row in world.truth("customers") if row["city"] == "Miami"]
    world.company.update("customers", inside[0], {"city": "Kiel"})
    world.copy("customers", client, where=where, policy=SWEPT)
    found = {row["id"] for row in world.place.rows("customers") or ()}
    assert found == set(inside[1:])


def test_a_young_row_is_no_row_that_was_missed(still: World) -> None:
    patient = Policy(lag=timedelta(seconds=60), sweep_every=timedelta(0))
    still.copy("customers", policy=patient)
    still.emulator.clock.advance(60)
    still.company.create("customers", {"displayName": "Young"})
    assert still.copy("customers", policy=patient).found == 0
    still.emulator.clock.advance(60)
    report = still.copy("customers", policy=patient)
    assert (report.rows, report.found) == (1, 0)
    still.assert_copied("customers")


def test_policies_are_those_of_the_caller(world: World) -> None:
    never = Policy(lag=timedelta(0), sweep_every=None)
    world.copy("customers", policy=AT_ONCE)
    world.company.delete("customers", str(world.truth("customers")[0]["id"]))
    world.emulator.clock.advance(86_400 * 30)
    assert world.copy("customers", policy=never).deleted == 0


def test_a_missing_file_is_noticed_and_a_full_load_makes_it_good(world: World) -> None:
    for number in range(3):
        world.company.create("customers", {"displayName": f"New {number}"})
        world.copy("customers")
    lost = next(world.folder.rglob("changes-00000002-*"))
    lost.unlink()
    with pytest.raises(ConfigurationError, match=f"lacks {lost.name}"):
        world.copy("customers")
    assert world.copy("customers", mode="full").kind == "snapshot"
    world.assert_copied("customers")
    assert world.copy("customers").kind == "nothing"


def test_a_change_that_is_rolled_back_after_the_first_load_is_undone(still: World) -> None:
    patient = Policy(lag=timedelta(seconds=60), sweep_every=timedelta(0))
    key = str(still.truth("customers")[0]["id"])
    transaction = still.company.begin(dirty=True)
    transaction.update("customers", key, {"city": "Never"})
    still.copy("customers", policy=patient)
    transaction.rollback()
    still.emulator.clock.advance(3_600)
    still.copy("customers", policy=patient)
    still.assert_copied("customers")


def test_a_change_that_is_rolled_back_within_the_lag_is_never_copied(still: World) -> None:
    patient = Policy(lag=timedelta(seconds=60), sweep_every=timedelta(0))
    still.copy("customers", policy=patient)
    before = still.place.rows("customers")
    transaction = still.company.begin(dirty=True)
    for row in still.truth("customers")[:3]:
        transaction.update("customers", str(row["id"]), {"city": "Never"})
    transaction.create("customers", {"displayName": "Never"})
    still.emulator.clock.advance(50)
    assert still.copy("customers", policy=patient).rows == 0
    transaction.rollback()
    still.emulator.clock.advance(3_600)
    assert still.copy("customers", policy=patient).rows == 0
    assert still.place.rows("customers") == before
