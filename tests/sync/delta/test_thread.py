"""Rows that another thread reads, for a writer that may stop at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from airflow_provider_bc.sync.delta.thread import read_in_thread

BATCH = pa.RecordBatch.from_pydict({"id": ["a"]})
NAME = "rows for a Delta table"


def readers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == NAME]


def await_end() -> None:
    for thread in readers():
        thread.join(5)
    assert readers() == []


def test_rows_come_in_their_order() -> None:
    def rows() -> Iterator[pa.RecordBatch]:
        yield from (BATCH, BATCH.slice(1), BATCH)

    assert [one.num_rows for one in read_in_thread(rows)] == [1, 0, 1]
    await_end()


def test_an_error_of_the_source_is_raised_where_the_rows_are_wanted() -> None:
    def rows() -> Iterator[pa.RecordBatch]:
        yield BATCH
        raise ValueError("the source broke")

    reading = read_in_thread(rows)
    assert next(reading) is BATCH
    with pytest.raises(ValueError, match="the source broke"):
        next(reading)
    await_end()


def test_a_writer_that_stops_ends_the_reading() -> None:
    read = []

    def rows() -> Iterator[pa.RecordBatch]:
        while True:
            read.append(time.monotonic())
            yield BATCH

    reading = read_in_thread(rows)
    next(reading)
    reading.close()  # type: ignore[attr-defined]

    await_end()
    assert len(read) < 10
