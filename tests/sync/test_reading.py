"""Reading many ranges at once, and going on where an earlier attempt stopped."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from airflow_provider_bc.errors import IncompleteRead, RequestRejected
from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.ranges import Range
from airflow_provider_bc.sync.reading import Position
from tests.sync.ledger import ONE, Ledger, entry
from tests.sync.loader import Loader

MARCH = "2026-03-01T12:00:00Z"
SMALL = 1


def rows(count: int) -> list[dict[str, Any]]:
    return [entry(f"{number:03}", MARCH, number=number) for number in range(count)]


class Dying(Ledger):
    """Dies after some pages, and can refuse the links of an earlier attempt."""

    pages_left = 10_000
    refuses_links = False
    lock = threading.Lock()

    def pages(
        self, where: str | None, link: str | None = None, *, count: bool = False
    ) -> Iterator[Page[pa.RecordBatch]]:
        for page in super().pages(where, link, count=count):
            if link and self.refuses_links:
                raise RequestRejected("The link has expired.", remedy="Begin again.")
            with self.lock:
                self.pages_left -= 1
                if self.pages_left < 0:
                    raise ConnectionResetError
            yield page


@pytest.fixture
def dying() -> Dying:
    return Dying(*rows(20))


@pytest.fixture
def loader(folder: UPath, dying: Dying) -> Loader:
    return Loader(folder, dying, part_bytes=SMALL)


def die(loader: Loader, dying: Dying, pages: int = 5, **options: Any) -> None:
    dying.pages_left = pages
    with pytest.raises(ConnectionResetError):
        loader.run(resume_key="task", **options)
    dying.pages_left = 10_000
    dying.conditions.clear()
    dying.links.clear()


@pytest.mark.parametrize("cut", [False, True])
def test_a_later_attempt_goes_on_where_an_earlier_one_stopped(
    loader: Loader, dying: Dying, *, cut: bool
) -> None:
    if cut:
        dying.cut_by_number()
    die(loader, dying)

    outcome = loader.run(resume_key="task")

    assert outcome.commit.rows == 20
    assert sorted(loader.live()) == sorted(dying.rows)
    assert len(loader.versions()) == 20
    assert any(line.startswith("Going on after ") for line in loader.said)
    assert loader.progress.pages < 10
    assert not any("_inprogress" in str(path) for path in loader.folder.iterdir()) or not list(
        (loader.folder / "_inprogress").iterdir()
    )


def test_changes_are_gone_on_with_too(loader: Loader, dying: Dying) -> None:
    loader.run()
    dying.write(*(entry(f"{number:03}", "2026-03-01T12:30:00Z") for number in range(5, 15)))
    die(loader, dying, pages=3)

    assert loader.run(resume_key="task").commit.rows == 10
    assert {row["number"] for row in loader.live().values()} == {0, *range(5), *range(15, 20)}


def test_another_task_begins_anew(loader: Loader, dying: Dying) -> None:
    die(loader, dying)

    assert loader.run(resume_key="another").commit.rows == 20
    assert not any(line.startswith("Going on") for line in loader.said)
    assert len(loader.versions()) == 20


def test_without_a_key_for_it_nothing_is_gone_on_with(loader: Loader, dying: Dying) -> None:
    dying.pages_left = 5
    with pytest.raises(ConnectionResetError):
        loader.run()
    assert loader.files() == []


def test_a_link_that_is_refused_begins_anew(loader: Loader, dying: Dying) -> None:
    die(loader, dying)
    dying.refuses_links = True
    dying.page_size = 100  # what is read anew needs no link

    assert loader.run(resume_key="task").commit.rows == 20
    assert any("so all of it is read again" in line for line in loader.said)
    assert len(loader.versions()) == 20


@pytest.mark.parametrize(("hours", "resumed"), [(5.9, True), (6.1, False)])
def test_what_is_too_old_is_read_anew(
    loader: Loader, dying: Dying, hours: float, *, resumed: bool
) -> None:
    die(loader, dying)
    dying.pass_time(hours * 3_600)

    assert loader.run(resume_key="task").commit.rows == 20
    assert any(line.startswith("Going on") for line in loader.said) is resumed
    assert len(loader.versions()) == 20


def test_the_watermark_is_that_of_the_first_attempt(loader: Loader, dying: Dying) -> None:
    dying.write(entry("zzz", "2026-03-01T13:30:00Z"))  # it comes with the last page
    die(loader, dying)
    dying.pass_time(3_600)

    commit = loader.run(resume_key="task").commit

    assert commit.watermark is not None
    assert commit.watermark < ONE
    assert commit.swept_at == ONE


def test_a_table_without_a_stamp_is_gone_on_with_and_compared(folder: UPath) -> None:
    ledger = Dying(*rows(20))
    ledger.identity = type(ledger.identity)(("id",), None, None)
    loader = Loader(folder, ledger, part_bytes=SMALL)
    whole = Loader(folder.parent / "whole", ledger).run().commit.content
    die(loader, ledger)

    assert loader.run(resume_key="task").commit.content == whole


def test_rows_that_do_not_add_up_after_going_on_are_read_anew(loader: Loader, dying: Dying) -> None:
    dying.claims = [25]
    die(loader, dying)
    dying.claims = [25]

    assert loader.run(resume_key="task").commit.rows == 20
    assert any("It is read once more" in line for line in loader.said)


@pytest.mark.parametrize("where", [None, "number lt 15"])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_ranges_hold_every_row_once(folder: UPath, where: str | None, workers: int) -> None:
    ledger = Ledger(*rows(30))
    ledger.cut_by_number()
    loader = Loader(folder, ledger)

    loader.run(where=where, workers=workers)

    assert len(loader.versions()) == len(loader.live()) == (15 if where else 30)
    conditions = [condition for condition in ledger.conditions if condition != where]
    assert len(conditions) == (0 if workers == 1 else workers)
    assert all(condition and (not where or where in condition) for condition in conditions)


def test_a_small_table_is_not_cut(folder: UPath) -> None:
    ledger = Ledger(*rows(8))
    ledger.cut_by_number()
    Loader(folder, ledger).run()

    assert ledger.conditions == [None]


def test_rows_that_went_while_the_cuts_were_looked_for_do_no_harm(folder: UPath) -> None:
    ledger = Ledger(*rows(30))
    ledger.cut_by_number()
    ledger.claims = [1000, 30]
    loader = Loader(folder, ledger)

    loader.run()

    assert len(loader.versions()) == 30


def threads_end() -> bool:
    """Wait until no thread reads any more; one that waits for an answer drops it when it comes."""
    deadline = time.monotonic() + 5
    while [one for one in threading.enumerate() if one.name.startswith("bc-read-")]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_the_threads_end_with_an_error(folder: UPath) -> None:
    ledger = Dying(*rows(60))
    ledger.cut_by_number()
    ledger.pages_left = 12

    with pytest.raises(ConnectionResetError):
        Loader(folder, ledger).run()

    assert threads_end()


def test_the_threads_end_when_rows_cannot_be_written(folder: UPath) -> None:
    ledger = Dying(*rows(60))
    ledger.cut_by_number()
    ledger.rows["059"]["amount"] = "many"
    loader = Loader(folder, ledger)

    with pytest.raises(Exception, match="amount"):
        loader.run()

    assert threads_end()
    assert loader.files() == []


def test_an_incomplete_read_is_an_error_however_it_was_cut(folder: UPath) -> None:
    ledger = Ledger(*rows(30))
    ledger.cut_by_number()
    ledger.claims = [40, 40, None, 40, 40, None]

    with pytest.raises(IncompleteRead):
        Loader(folder, ledger).run()


@settings(max_examples=25)  # a dead attempt waits for its threads
@given(deaths=st.lists(st.integers(0, 12), max_size=6), cut=st.booleans())
def test_however_often_a_read_dies_every_row_arrives_once(deaths: list[int], *, cut: bool) -> None:
    ledger = Dying(*rows(20))
    if cut:
        ledger.cut_by_number()
    loader = Loader(UPath(f"memory://{uuid.uuid4()}/table"), ledger, part_bytes=SMALL)
    for pages in [*deaths, 10_000]:
        ledger.pages_left = pages
        with suppress(ConnectionResetError):
            loader.run(resume_key="task")

    assert sorted(row["id"] for row in loader.versions()) == sorted(ledger.rows)
    loader.folder.parent.fs.rm(loader.folder.parent.path, recursive=True)


@given(
    st.integers(0, 2**128 - 1),
    st.none() | st.integers(0, 10**12),
    st.lists(st.builds(Range, st.none() | st.text(), st.none() | st.text(), st.booleans())),
)
def test_a_position_survives_being_written(
    content: int, expected: int | None, ranges: list[Range]
) -> None:
    position = Position(ONE, ONE, expected, ranges, None, 5, 6, content)

    assert Position.decoded(position.encoded(), ONE) == position


def test_without_a_position_of_this_version_there_is_none() -> None:
    assert Position.decoded(None, ONE) is None
    assert Position.decoded(b'{"of": "another version"}', ONE) is None
