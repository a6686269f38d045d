"""What a task set out to write, kept where its retry finds it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol, get_args
from uuid import uuid4

from airflow_provider_bc.odata.natural_keys import NaturalKey
from airflow_provider_bc.sync.files import path as files
from airflow_provider_bc.sync.files.path import Path
from airflow_provider_bc.write_back.outcomes import Write

_LETTERS = 16
_THROUGH = "through"


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

    def finish(self) -> None:
        """Note that all rows are through, and remove what other runs noted that are through."""
        ...


class NoJournal:
    """For a write-back whose attempts are not told apart."""

    def intend(self, digests: Mapping[Write, Sequence[str]]) -> None:
        """Note nothing."""

    def earlier(self) -> Iterator[tuple[Write, list[str]]]:
        """Know nothing."""
        return iter(())

    def finish(self) -> None:
        """Have nothing to remove."""


class FileJournal:
    """A hidden folder beside the table of outcomes, with a small file for each batch.

    It holds digests of keys only, no values. Threads may note at once. It outlives its run, which
    may be killed before Airflow hears that it is through, or be cleared afterwards; the next run
    that is through removes it.

    :param outcomes: the table of outcomes.
    :param run: what the attempts of one task have in common.
    """

    def __init__(self, outcomes: Path, run: str) -> None:
        self._folder = outcomes.parent / f".{outcomes.name}.{digest_of((run,))}.journal"
        self._of_table = re.compile(rf"\.{re.escape(outcomes.name)}\.\w+\.journal")

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

    def finish(self) -> None:
        """Keep this folder, and remove others of the same table; see `Journal`."""
        if files.listed(self._folder):
            files.replace(self._folder / _THROUGH, b"")
        for folder in files.listed(self._folder.parent):
            other = folder.name != self._folder.name and self._of_table.fullmatch(folder.name)
            if other and any(file.name == _THROUGH for file in files.listed(folder)):
                files.remove(folder)


def digest_of(key: NaturalKey) -> str:
    """Name a key without telling it.

    :param key: of a row.
    """
    return blake2b(json.dumps(key).encode(), digest_size=_LETTERS).hexdigest()
