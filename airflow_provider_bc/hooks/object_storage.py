"""Files of any store as the two ends of a stream: what is written appears whole or not at all.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/objectstorage.html
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as LocalPath
from tempfile import TemporaryDirectory
from typing import BinaryIO

from fsspec.implementations.local import LocalFileSystem

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.files.path import Path


@contextmanager
def published(path: Path) -> Iterator[Callable[[], BinaryIO]]:
    """Give what opens a draft; at the end without an error it becomes the file, in one step.

    On a disk the draft stands beside the file, hidden; for other stores it is a file of this
    machine, which is uploaded whole.

    :param path: the file; what was there is replaced.
    """
    local = isinstance(path.fs, LocalFileSystem)
    target = LocalPath(path.path)
    if local:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.draft")
        try:
            yield lambda: draft.open("wb")
            _settle(draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return
    with TemporaryDirectory(prefix="business-central-") as folder:
        draft = LocalPath(folder) / "draft"
        yield lambda: draft.open("wb")
        path.fs.put_file(str(draft), path.path)


def stored(path: Path) -> tuple[Callable[[], BinaryIO], int]:
    """Give what opens a file, and its size in bytes.

    :param path: the file.
    :raises ConfigurationError: when it is not there.
    """
    try:
        size = int(path.fs.info(path.path)["size"])
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"There is no file {path}.", remedy="Correct the path, or see what should write it."
        ) from error

    def opened() -> BinaryIO:
        file: BinaryIO = path.fs.open(path.path, "rb")
        return file

    return opened, size


def _settle(draft: LocalPath) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
