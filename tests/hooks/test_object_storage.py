"""Files of any store as the two ends of a stream."""

from __future__ import annotations

from pathlib import Path as LocalPath
from uuid import uuid4

import pytest
from airflow.sdk import ObjectStoragePath
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.object_storage import published, stored
from airflow_provider_bc.sync.files.path import Path


@pytest.fixture(params=["file", "memory"])
def path(request: pytest.FixtureRequest, tmp_path: LocalPath) -> Path:
    if request.param == "file":
        return ObjectStoragePath(f"{tmp_path.as_uri()}/folder/it")
    return UPath(f"memory://{uuid4()}/folder/it")


def write(path: Path, *contents: bytes) -> None:
    with published(path) as sink:
        for content in contents:
            with sink() as file:
                file.write(content)


def write_half(path: Path) -> None:
    with published(path) as sink, sink() as file:
        file.write(b"half")
        raise ZeroDivisionError


def test_the_last_draft_is_published(path: Path) -> None:
    write(path, b"first, and longer", b"second")
    source, size = stored(path)
    with source() as file:
        assert file.read() == b"second"
    assert size == 6
    assert [one.name for one in path.parent.iterdir()] == ["it"]


def test_a_draft_is_not_published_after_an_error(path: Path) -> None:
    write(path, b"before")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    with stored(path)[0]() as file:
        assert file.read() == b"before"
    assert [one.name for one in path.parent.iterdir()] == ["it"]


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no file .*/folder/it"):
        stored(path)
