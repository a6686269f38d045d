"""What a task set out to write, kept where its retry finds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol, get_args
from uuid import uuid4

from airflow_provider_bc.odata.natural_keys import NaturalKey
from airflow_provider_bc.sync.files import path as files
from airflow_provider_bc.sync.files.path import Path
from airflow_provider_bc.write_back.outcomes import Write

_LETTERS = 16


class Journal(Protocol):
    """Remembers across attempts which rows were about to be created or changed."""

    def intend(self, digests: Mapping[Write, Sequence[str]]) -> None:
        """Note rows before they are sent.

        :param digests: of their keys, by what is to be done.
        """
        ...

    def earlier(self) -> Iterator[tuple[Write, list[str]]]:
        """Give what earlier attempts noted."""
        ...

    def forget(self) -> None:
        """Remove all of it."""
        ...


class NoJournal:
    """For a write-back whose attempts are not told apart."""

    def intend(self, digests: Mapping[Write, Sequence[str]]) -> None:
        """Note nothing."""

    def earlier(self) -> Iterator[tuple[Write, list[str]]]:
        """Know nothing."""
        return iter(())

    def forget(self) -> None:
        """Have nothing to remove."""


class FileJournal:
    """A hidden folder beside the table of outcomes, with a small file for each batch.

    It holds digests of keys only, no values. Threads may note at once.

    :param outcomes: the table of outcomes.
    :param run: what the attempts of one task have in common.
    """

    def __init__(self, outcomes: Path, run: str) -> None:
        self._folder = outcomes.parent / f".{outcomes.name}.{digest_of((run,))}.journal"

    def intend(self, digests: Mapping[Write, Sequence[str]]) -> None:
        """Note rows; see `Journal`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        files.replace(self._folder / f"{uuid4().hex}.json", json.dumps(digests).encode())

    def earlier(self) -> Iterator[tuple[Write, list[str]]]:
        """Give what was noted; see `Journal`."""
        for file in files.listed(self._folder):
            if file.name.endswith(".json"):  # not the draft of an attempt that was killed
                noted = json.loads(files.read(file))
                for write in get_args(Write):
                    yield write, noted.get(write, [])

    def forget(self) -> None:
        """Remove the folder; see `Journal`."""
        files.remove(self._folder)


def digest_of(key: NaturalKey) -> str:
    """Name a key without telling it.

    :param key: of a row.
    """
    return blake2b(json.dumps(key).encode(), digest_size=_LETTERS).hexdigest()
