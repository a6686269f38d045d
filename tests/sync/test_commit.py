from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.sync.commit import Commit, Source

SOURCES = st.builds(Source, *[st.text()] * 6)
COMMITS = st.builds(
    Commit,
    st.integers(1, 10**8),
    st.sampled_from(["snapshot", "changes"]),
    SOURCES,
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.text(),
)
WHOLE = Commit(1, "snapshot", Source("t", "e", "c", "a", "s", "q"), None, None, 0)


@given(COMMITS)
def test_a_commit_survives_being_written(commit: Commit) -> None:
    assert Commit.decoded(commit.encoded(), "file") == commit


def test_a_commit_is_json_for_anybody() -> None:
    stamp = datetime(2026, 3, 1, 12, tzinfo=UTC)
    commit = Commit(2, "changes", WHOLE.source, stamp, stamp.replace(hour=13), 7, 1)

    assert json.loads(commit.encoded()) == {
        "sequence": 2,
        "kind": "changes",
        "source": {
            "tenant_id": "t",
            "environment": "e",
            "company_id": "c",
            "api": "a",
            "entity_set": "s",
            "query": "q",
        },
        "watermark": "2026-03-01T12:00:00Z",
        "latest": "2026-03-01T13:00:00Z",
        "rows": 7,
        "deleted": 1,
        "swept_at": None,
        "content": None,
    }


FOREIGN = [
    b"",
    b"{}",
    b"[]",
    b"\xff",
    b'{"pandas": 1}',
    WHOLE.encoded().replace(b'"snapshot"', b'"append"'),
    WHOLE.encoded().replace(b'"rows":0', b'"rows":"0"'),
    WHOLE.encoded().replace(b'"watermark":null', b'"watermark":"yesterday"'),
    WHOLE.encoded().replace(b'"latest":null,', b""),
]


@pytest.mark.parametrize("footer", FOREIGN)
def test_what_somebody_else_wrote_is_refused_with_the_files_name(footer: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"a\.parquet was not written by this provider"):
        Commit.decoded(footer, "a.parquet")


@given(st.binary())
def test_any_bytes_are_refused_in_our_words(footer: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        Commit.decoded(footer, "a.parquet")
