"""Hashes of keys: which ones two rows have, wherever the hashes wait."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from airflow_provider_bc.sync.files.staged_twice import KeyHashes, older_versions

MANY = 300_000


@pytest.fixture
def hashes() -> Iterator[KeyHashes]:
    hashes = KeyHashes(["number"])
    yield hashes
    hashes.close()


def rows(numbers: list[int]) -> pa.RecordBatch:
    return pa.record_batch({"number": pa.array(numbers, pa.int64())})


def added(hashes: KeyHashes, numbers: range) -> None:
    for begin in range(numbers.start, numbers.stop, 5_000):
        hashes.add(rows(list(range(begin, min(begin + 5_000, numbers.stop)))))


def met_twice(hashes: KeyHashes, numbers: list[int]) -> list[int]:
    """Give the places of the rows whose hash more than one row has."""
    return older_versions([rows(numbers), rows(numbers)], ["number"], None, hashes.twice())


def test_nothing_came_twice(hashes: KeyHashes) -> None:
    assert hashes.twice() == frozenset()
    added(hashes, range(MANY))
    assert hashes.twice() == frozenset()


@pytest.mark.parametrize("first", [0, 7, MANY - 1], ids=["stored", "stored too", "in memory"])
def test_a_key_that_came_with_the_first_rows_or_the_last_comes_again(
    hashes: KeyHashes, first: int
) -> None:
    added(hashes, range(MANY))
    hashes.add(rows([first, MANY]))
    assert len(hashes.twice()) == 1
    assert met_twice(hashes, [first, 1, MANY]) == [0]


def test_a_key_comes_again_when_both_are_stored(hashes: KeyHashes) -> None:
    added(hashes, range(MANY))
    added(hashes, range(MANY - 1, 2 * MANY))
    assert len(hashes.twice()) == 1
    assert met_twice(hashes, [MANY - 2, MANY - 1, MANY]) == [1]
    assert hashes.twice() == hashes.twice()


def test_hashes_are_remembered_after_they_were_asked_for(hashes: KeyHashes) -> None:
    added(hashes, range(MANY))
    assert hashes.twice() == frozenset()
    added(hashes, range(MANY))
    assert len(hashes.twice()) == MANY
