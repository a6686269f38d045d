"""A Delta table does what every destination does, merged by delta-rs or written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.delta.store import DeltaFolder
from tests.sync.destination_conformance import StagedInParts

SMALL = 100_000
"""Bytes of a part: a conformance test fills several."""


class TestDeltaThatIsMerged(StagedInParts):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DeltaFolder:
        return DeltaFolder(tmp_path, part_bytes=SMALL)


class TestDeltaThatIsTooLargeForThat(StagedInParts):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DeltaFolder:
        return DeltaFolder(tmp_path, merge_up_to=0, part_bytes=SMALL)
