"""Paths of any store, and the few things that stores do differently."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from fsspec.implementations.local import LocalFileSystem
from upath import UPath
from upath.extensions import ProxyUPath

from airflow_provider_bc.errors import Conflict

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

Path = UPath | ProxyUPath
"""A path of any store that fsspec knows, Airflow's ObjectStoragePath among them."""


def listed(folder: Path) -> list[Path]:
    """Give what is in a folder, by name; nothing for one that is not there.

    :param folder: of any store.
    """
    fs: Any = folder.fs
    fs.invalidate_cache(folder.path)  # another process may have written meanwhile
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(folder.iterdir(), key=lambda path: path.name)
    return []


def read(path: Path) -> bytes:
    """Read a small file.

    :param path: of any store.
    :raises FileNotFoundError: when it is not there.
    """
    with path.fs.open(path.path, "rb") as file:
        content: bytes = file.read()
    return content


def replace(path: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old content or the new one, whole.

    :param path: of any store; its folder exists.
    :param content: what it shall hold.
    """
    if not isinstance(path.fs, LocalFileSystem):
        path.fs.pipe_file(path.path, content)  # one request, which object stores do or do not
        return
    draft = _draft(path.path, content)
    os.replace(draft, path.path)  # noqa: PTH105 - a path of fsspec is a text


def create(path: Path, content: bytes, link: Callable[[str, str], None] = os.link) -> bool:
    """Write a small file unless there is one of that name, in one step.

    :param path: of any store; its folder exists.
    :param content: what it shall hold.
    :param link: gives a file of the local disk a second name, unless that is taken.
    :return: False when there was one, which was not touched.
    """
    if isinstance(path.fs, LocalFileSystem):
        draft = _draft(path.path, content)
        try:
            link(draft, path.path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return create_in_place(path, content)
        finally:
            os.unlink(draft)  # noqa: PTH108 - a path of fsspec is a text
        return True
    if path.fs.exists(path.path):
        return False
    try:
        path.fs.pipe_file(path.path, content, mode="create")
    except FileExistsError:
        return False
    return True


def create_in_place(path: Path, content: bytes) -> bool:
    """Do what `create` does on a disk without hard links.

    A reader at this very moment may see the file half written.

    :param path: of a local file; its folder exists.
    :param content: what it shall hold.
    :return: False when there was one, which was not touched.
    """
    try:
        file = open(path.path, "xb")  # noqa: PTH123, SIM115 - a path of fsspec is a text
    except FileExistsError:
        return False
    try:
        with file:
            _put(file, content)
    except BaseException:
        remove(path)
        raise
    return True


def settle(path: Path, sync: Callable[[int], None] = os.fsync) -> None:
    """Wait until the disk holds a file, or the names in a folder; other stores do without.

    :param path: of any store.
    :param sync: waits for the disk.
    """
    if not isinstance(path.fs, LocalFileSystem):
        return
    opened = os.open(path.path, os.O_RDONLY)
    try:
        sync(opened)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:  # network file systems know no folders
            raise
    finally:
        os.close(opened)


def move(source: Path, target: Path) -> None:
    """Move a file within a store; elsewhere than on a disk this copies.

    :param source: the file.
    :param target: its new name; its folder exists.
    """
    if isinstance(source.fs, LocalFileSystem):
        os.replace(source.path, target.path)  # noqa: PTH105 - a path of fsspec is a text
    else:
        source.fs.mv(source.path, target.path)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, also while another run removes one that was there.

    :param folder: which may be there already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # it was there, and was gone when Python looked whether it is a folder
        if folder.is_file():
            raise
        folder.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing happens when it is not there.

    :param path: of any store.
    """
    with suppress(FileNotFoundError):
        path.fs.rm(path.path, recursive=True)


@contextmanager
def files_of_one_run(folder: Path) -> Iterator[None]:
    """Call it a conflict when files vanish that were there: another run has replaced them.

    :param folder: of the table.
    :raises Conflict: naming the file.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise Conflict(
            f"Another run has replaced files of {folder} meanwhile: {error}.",
            remedy="Let one run at a time write a table: max_active_tis_per_dag=1.",
        ) from error


def _draft(path: str, content: bytes) -> str:
    folder, name = os.path.split(path)
    # hidden from readers who take the newest name; a process that is killed here leaves it behind
    draft = os.path.join(folder, f".{name}.{uuid.uuid4().hex}.draft")  # noqa: PTH118 - the same
    with open(draft, "xb") as file:  # noqa: PTH123 - a path of fsspec is a text
        _put(file, content)
    return draft


def _put(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
