"""Folders of two stores: a disk, which renames, and a memory, which copies as object stores do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from upath import UPath


@pytest.fixture(params=["file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UPath]:
    """A folder that is not there yet."""
    if request.param == "file":
        yield UPath(tmp_path / "table")
        return
    place = UPath(f"memory://{uuid.uuid4()}/table")
    yield place
    if place.parent.exists():
        place.fs.rm(place.parent.path, recursive=True)
