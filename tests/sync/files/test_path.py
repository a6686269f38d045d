"""Small files on stores that can less than a local disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from uuid import uuid4

import pytest
from upath import UPath

from airflow_provider_bc.sync.files.path import create, settle


def refusing(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def without_links(_: str, __: str) -> None:
    raise refusing(errno.EPERM)


def full(_: str, __: str) -> None:
    raise refusing(errno.ENOSPC)


def test_a_disk_without_links_writes_in_place(tmp_path: Path) -> None:
    path = UPath(tmp_path) / "1.json"

    assert create(path, b"first", without_links)
    assert not create(path, b"second", without_links)
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["1.json"]


def test_what_stands_in_the_way_of_a_link_otherwise_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        create(UPath(tmp_path) / "1.json", b"first", full)
    assert list(tmp_path.iterdir()) == []


def test_another_store_refuses_a_name_that_is_taken() -> None:
    path = UPath(f"memory://{uuid4().hex}/1.json")

    assert create(path, b"first")
    assert not create(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_network_disk_that_syncs_no_folder_is_good_enough(tmp_path: Path) -> None:
    def sync(_: int) -> None:
        raise refusing(errno.EINVAL)

    settle(UPath(tmp_path), sync)


def test_a_disk_that_fails_to_sync_is_told(tmp_path: Path) -> None:
    def sync(_: int) -> None:
        raise refusing(errno.EIO)

    with pytest.raises(OSError, match="Input/output error"):
        settle(UPath(tmp_path), sync)
