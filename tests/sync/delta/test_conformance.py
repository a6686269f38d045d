"""A Delta table does what every destination does, merged by delta-rs or written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.conformance_rows import Store
from tests.sync.delta.store import DeltaFolder
from tests.sync.destination_conformance import DestinationConformance

_COARSE = pytest.mark.xfail(
    strict=True, reason="StagedParts makes 64 MiB durable at once, and does not know its owner"
)


class StagedInParts(DestinationConformance):
    """What stands in the way of two tests is not Delta Lake but `StagedParts`."""

    @_COARSE
    def test_a_dead_attempt_is_continued_from_its_last_durable_rows(self, store: Store) -> None:
        super().test_a_dead_attempt_is_continued_from_its_last_durable_rows(store)

    @_COARSE
    def test_an_attempt_that_was_taken_for_dead_cannot_add_to_its_successor(
        self, store: Store
    ) -> None:
        super().test_an_attempt_that_was_taken_for_dead_cannot_add_to_its_successor(store)


class TestDeltaThatIsMerged(StagedInParts):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DeltaFolder:
        return DeltaFolder(tmp_path)


class TestDeltaThatIsTooLargeForThat(StagedInParts):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DeltaFolder:
        return DeltaFolder(tmp_path, merge_up_to=0)
