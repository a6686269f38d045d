from __future__ import annotations

from pathlib import Path

from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from airflow_provider_bc.write_back.journal import FileJournal, NoJournal, digest_of


def test_tells_the_next_attempt_of_the_same_run(tmp_path: Path) -> None:
    table = UPath(tmp_path / "new" / "outcomes.parquet")
    journal = FileJournal(table, "run")
    journal.intend({"created": ["a", "b"]})
    journal.intend({"updated": ["c"]})

    noted = [one for one in FileJournal(table, "run").earlier() if one[1]]
    assert sorted(noted) == [("created", ["a", "b"]), ("updated", ["c"])]
    assert [*FileJournal(table, "another").earlier()] == []


def test_is_hidden_and_goes_once_another_run_is_through(tmp_path: Path) -> None:
    table = UPath(tmp_path / "outcomes.parquet")
    other = FileJournal(UPath(tmp_path / "outcomes.parquet.gz"), "run")
    first, second = FileJournal(table, "first"), FileJournal(table, "second")
    for journal in (other, first):
        journal.intend({"created": ["a"]})
    other.finish()
    second.finish()
    assert ("created", ["a"]) in [*first.earlier()]  # it is not through: a retry may come
    first.finish()
    assert ("created", ["a"]) in [*first.earlier()]  # it may be cleared
    (folder,) = {*tmp_path.iterdir()} - {*tmp_path.glob("*.gz.*")}
    second.finish()
    assert not folder.exists()
    assert ("created", ["a"]) in [*other.earlier()]


def test_passes_by_the_draft_of_an_attempt_that_was_killed(tmp_path: Path) -> None:
    journal = FileJournal(UPath(tmp_path / "outcomes.parquet"), "run")
    journal.intend({"created": ["a"]})
    (folder,) = tmp_path.iterdir()
    (folder / ".x.json.1234.draft").write_text('{"cre')
    assert [digests for _, digests in journal.earlier()] == [["a"], []]


def test_is_kept_in_any_store() -> None:
    MemoryFileSystem().rm("/journal", recursive=True) if MemoryFileSystem().exists(
        "/journal"
    ) else None
    journal = FileJournal(UPath("memory://journal/outcomes.csv"), "run")
    journal.intend({"updated": ["a"]})
    assert ("updated", ["a"]) in [*journal.earlier()]
    journal.finish()
    assert ("updated", ["a"]) in [*journal.earlier()]
    FileJournal(UPath("memory://journal/outcomes.csv"), "another").finish()
    assert [*journal.earlier()] == []


def test_none_keeps_nothing() -> None:
    journal = NoJournal()
    journal.intend({"created": ["a"]})
    assert [*journal.earlier()] == []
    journal.finish()


def test_a_digest_is_short_and_tells_nothing() -> None:
    assert digest_of(("Adatum", "1")) != digest_of(("Adatum1",))
    assert len(digest_of(("Adatum" * 100,))) == 32
