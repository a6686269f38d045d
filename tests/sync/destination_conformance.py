"""What every destination must do, written once: a subclass says which store it is tested with.

::

    class TestFiles(DestinationConformance):
        @pytest.fixture
        def store(self, tmp_path: Path) -> Store:
            return FileStore(tmp_path)
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_bc.errors import Conflict
from tests.sync.conformance_columns import ColumnsConformance
from tests.sync.conformance_rows import (
    SCHEMA,
    SOURCE,
    Stop,
    Store,
    batch,
    by_id,
    commit_of,
    keys_of,
    keys_table,
    load,
    plan,
    row,
    stopped,
)


class DestinationConformance(ColumnsConformance):
    """The tests; a subclass gives the fixture `store`."""

    def test_a_table_that_is_not_there_yet_has_no_commit_no_columns_and_no_keys(
        self, store: Store
    ) -> None:
        destination = store.open()

        assert destination.last_commit(SOURCE) is None
        assert destination.schema() is None
        assert keys_of(destination.live_keys(("id",))) == []
        destination.tidy()

    def test_the_first_snapshot_is_there_for_everyone(self, store: Store) -> None:
        rows = [row("a"), row("b", 1), row("c", 2)]
        work = plan(store.open(), "snapshot")

        commit = load(store.open(), rows, work)

        assert commit == replace(commit_of(work), rows=3)
        assert store.open().last_commit(SOURCE) == commit
        assert store.open().schema() == SCHEMA
        assert by_id(store.rows()) == rows
        assert store.leftovers() == []

    def test_a_snapshot_of_nothing_is_a_commit_too(self, store: Store) -> None:
        commit = load(store.open(), [], plan(store.open(), "snapshot"))

        assert (commit.sequence, commit.rows) == (1, 0)
        assert store.open().schema() == SCHEMA
        assert store.rows() == []

    def test_nothing_is_visible_before_the_commit(self, store: Store) -> None:
        load(store.open(), [row("a")], plan(store.open(), "snapshot"))
        destination = store.open()
        work = plan(destination)

        with destination.staging(work, SCHEMA) as staging:
            staging.write(batch([row("a", 5), row("b")]), None)
            assert keys_of(staging.keys()) == [{"id": "a"}, {"id": "b"}]
            assert staging.rows == 2
            assert store.rows() == [row("a")]
            assert store.open().last_commit(SOURCE) == work.last
            staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

        assert by_id(store.rows()) == [row("a", 5), row("b")]

    def test_changes_are_merged_by_key(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))

        commit = load(store.open(), [row("b", 9, amount=Decimal("1.5")), row("d", 9)])

        assert (commit.sequence, commit.rows, commit.deleted) == (2, 2, 0)
        changed = row("b", 9, amount=Decimal("1.5"))
        assert by_id(store.rows()) == [row("a"), changed, row("c"), row("d", 9)]

    def test_rows_that_are_stored_already_are_not_counted(self, store: Store) -> None:
        rows = [row("a"), row("b", amount=Decimal("1.10")), row("c", group=None)]
        load(store.open(), rows, plan(store.open(), "snapshot"))

        commit = load(store.open(), [*rows, row("d")])

        assert commit.rows == 1
        assert by_id(store.rows()) == [*rows, row("d")]

    @pytest.mark.parametrize(
        ("before", "after"), [("", None), (None, ""), ("a", "A"), ("a", "a "), ("ä", "a")]
    )
    def test_a_text_that_changed_ever_so_little_has_changed(
        self, store: Store, before: str | None, after: str | None
    ) -> None:
        load(store.open(), [row("a", group=before)], plan(store.open(), "snapshot"))

        assert load(store.open(), [row("a", group=after)]).rows == 1
        assert store.rows() == [row("a", group=after)]

    def test_rows_that_are_gone_are_removed(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))

        commit = load(store.open(), [row("d")], gone=[row("a"), row("c"), row("never there")])

        assert (commit.rows, commit.deleted) == (1, 2)
        assert by_id(store.rows()) == [row("b"), row("d")]
        assert store.deleted() == []

    def test_rows_that_are_gone_are_marked_where_that_is_wanted(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b")], plan(store.open(), "snapshot"))
        destination = store.open()

        commit = load(destination, [], plan(destination, deletes="soft"), gone=[row("a")])

        assert (commit.rows, commit.deleted) == (0, 1)
        assert store.rows() == [row("b")]
        assert store.deleted() == [row("a")]
        assert keys_of(store.open().live_keys(("id",))) == [{"id": "b"}]
        again = load(destination, [], plan(destination, deletes="soft"), gone=[row("a")])
        assert again.deleted == 0

    def test_a_marked_row_that_reappears_is_there_again(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b")], plan(store.open(), "snapshot"))
        destination = store.open()
        load(destination, [], plan(destination, deletes="soft"), gone=[row("a")])

        commit = load(destination, [row("a")], plan(destination, deletes="soft"))

        assert (commit.rows, commit.deleted) == (1, 0)
        assert by_id(store.rows()) == [row("a"), row("b")]
        assert store.deleted() == []

    def test_a_snapshot_ends_the_rows_that_it_does_not_have(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))

        commit = load(store.open(), [row("b"), row("c", 3)], plan(store.open(), "snapshot"))

        assert (commit.sequence, commit.deleted) == (2, 1)
        assert by_id(store.rows()) == [row("b"), row("c", 3)]

    def test_a_hard_snapshot_ends_the_rows_that_were_only_marked(self, store: Store) -> None:
        load(store.open(), [row("a"), row("b"), row("c")], plan(store.open(), "snapshot"))
        softly = plan(store.open(), deletes="soft")
        load(store.open(), [], softly, gone=[row("a"), row("b")])

        commit = load(store.open(), [row("b"), row("c")], plan(store.open(), "snapshot"))

        assert commit.deleted == 0
        assert by_id(store.rows()) == [row("b"), row("c")]
        assert store.deleted() == []

    def test_of_two_versions_the_newer_one_stays(self, store: Store) -> None:
        load(store.open(), [row("a")], plan(store.open(), "snapshot"))
        versions = [row("a", 2), row("b", 1), row("a", 3, group="newest"), row("a", 1), row("b", 0)]

        commit = load(store.open(), versions)

        assert commit.rows == 2
        assert by_id(store.rows()) == [row("a", 3, group="newest"), row("b", 1)]

    def test_of_two_versions_with_one_stamp_the_later_one_stays(self, store: Store) -> None:
        versions = [row("a", group="first"), row("b"), row("a", group="second")]
        load(store.open(), versions, plan(store.open(), "snapshot"))

        assert by_id(store.rows()) == [row("a", group="second"), row("b")]

    def test_a_version_without_a_stamp_is_the_oldest(self, store: Store) -> None:
        versions = [row("a", group="first"), row("a", modified=None)]
        load(store.open(), versions, plan(store.open(), "snapshot"))

        assert store.rows() == [row("a", group="first")]

    def test_without_a_stamp_the_later_version_stays(self, store: Store) -> None:
        work = plan(store.open(), "snapshot", stamp=None)
        load(store.open(), [row("a", 9), row("a", 1)], work)

        assert store.rows() == [row("a", 1)]

    def test_the_second_of_two_runs_at_once_fails_and_changes_nothing(self, store: Store) -> None:
        load(store.open(), [row("a")], plan(store.open(), "snapshot"))
        one, other = store.open(), store.open()
        mine, theirs = plan(one), plan(other)

        with one.staging(mine, SCHEMA) as first:
            first.write(batch([row("a", 1)]), None)
            load(other, [row("b")], theirs)
            with pytest.raises(Conflict):
                first.commit(commit_of(mine), keys_table([], ("id",), SCHEMA))

        assert by_id(store.rows()) == [row("a"), row("b")]
        assert (last := store.open().last_commit(SOURCE)) is not None
        assert last.sequence == 2
        assert store.leftovers() == []

    def test_the_second_of_two_first_runs_fails_and_changes_nothing(self, store: Store) -> None:
        one, other = store.open(), store.open()
        mine, theirs = plan(one, "snapshot"), plan(other, "snapshot")

        with one.staging(mine, SCHEMA) as first:
            first.write(batch([row("a")]), None)
            load(other, [row("b")], theirs)
            with pytest.raises(Conflict):
                first.commit(commit_of(mine), keys_table([], ("id",), SCHEMA))

        assert store.rows() == [row("b")]
        assert load(one, [row("c")]).sequence == 2

    def test_a_dead_attempt_is_continued_from_its_last_durable_rows(self, store: Store) -> None:
        step = store.durable_after // 4
        rows = [row(f"{number:06}") for number in range(step * 6)]
        first = store.open()
        dead = first.staging(plan(first, "snapshot", resume_key="task"), SCHEMA)
        staging = dead.__enter__()
        assert staging.position is None
        for start in range(0, step * 5, step):
            staging.write(batch(rows[start : start + step]), str(start + step).encode())

        second = store.open()
        work = plan(second, "snapshot", resume_key="task")
        with second.staging(work, SCHEMA) as staging:
            assert staging.position is not None
            reached = int(staging.position)
            assert step * 4 <= reached <= step * 5
            assert staging.rows == reached
            for start in range(reached, step * 6, step):
                staging.write(batch(rows[start : start + step]), str(start + step).encode())
            commit = staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

        assert commit.rows == step * 6
        assert by_id(store.rows()) == rows
        assert store.leftovers() == []

    def test_an_attempt_that_was_taken_for_dead_cannot_add_to_its_successor(
        self, store: Store
    ) -> None:
        durable = store.durable_after
        rows = [row(f"{number:06}") for number in range(durable * 2)]
        first = store.open()
        alive = first.staging(plan(first, "snapshot", resume_key="task"), SCHEMA)
        zombie = alive.__enter__()
        zombie.write(batch(rows[:durable]), b"first half")
        second = store.open()
        work = plan(second, "snapshot", resume_key="task")

        with second.staging(work, SCHEMA) as staging:
            assert staging.position == b"first half"
            with suppress(Conflict):  # it may write, as long as nobody reads that
                zombie.write(batch(rows[durable:]), b"second half")
            with pytest.raises(Conflict):
                zombie.commit(commit_of(work), keys_table([], ("id",), SCHEMA))
            staging.write(batch(rows[durable : durable + 9]), b"nine more")
            commit = staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

        assert commit.rows == durable + 9
        assert len(store.rows()) == durable + 9

    def test_without_a_key_for_it_nothing_is_continued_and_nothing_remains(
        self, store: Store
    ) -> None:
        rows = [row(str(number)) for number in range(store.durable_after)]
        destination = store.open()
        with stopped(), destination.staging(plan(destination, "snapshot"), SCHEMA) as staging:
            staging.write(batch(rows), b"all of them")
            raise Stop

        assert store.leftovers() == []
        with destination.staging(plan(destination, "snapshot"), SCHEMA) as staging:
            assert (staging.position, staging.rows) == (None, 0)
        assert store.leftovers() == []

    def test_an_attempt_that_failed_before_anything_was_durable_leaves_nothing(
        self, store: Store
    ) -> None:
        destination = store.open()
        work = plan(destination, "snapshot", resume_key="task")
        with stopped(), destination.staging(work, SCHEMA) as staging:
            staging.write(batch([row("a")]), None)
            raise Stop

        assert store.leftovers() == []
        with destination.staging(work, SCHEMA) as staging:
            assert (staging.position, staging.rows) == (None, 0)


class StagedInParts(DestinationConformance):
    """Stores whose rows wait in part files, which all attempts at a load share."""

    def test_an_attempt_that_was_taken_for_dead_cannot_add_to_its_successor(
        self, store: Store
    ) -> None:
        """Whoever commits first has all of it, and the other nothing."""
        rows = [row(f"{number:06}") for number in range(6_000)]
        first = store.open()
        zombie = first.staging(work := plan(first, "snapshot", resume_key="task"), SCHEMA)
        with zombie as alive:
            alive.write(batch(rows[:3_000]), b"3000")
            with store.open().staging(work, SCHEMA) as staging:
                assert staging.position == b"3000"
                alive.write(batch(rows[3_000:]), b"6000")
                staging.write(batch(rows[3_000:4_000]), b"4000")
                commit = alive.commit(commit_of(work), keys_table([], ("id",), SCHEMA))
                with pytest.raises(Conflict):
                    staging.commit(commit_of(work), keys_table([], ("id",), SCHEMA))

        assert commit.rows == 6_000
        assert by_id(store.rows()) == rows
        assert store.leftovers() == []
