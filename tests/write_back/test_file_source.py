"""Files of every format, written by writers that are not ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.write_back.file_source import rows_of_files
from tests.duck import select

CSV = 'number,name,day\n1,"a ""b"", c\nd",2026-03-01\n00123,,\n'


def read(
    path: Path | str, delimiter: str = ",", columns: Iterable[str] = ()
) -> list[dict[str, object]]:
    return [*rows_of_files(UPath(str(path)), delimiter, columns)]


def test_parquet(tmp_path: Path) -> None:
    select(
        "COPY (SELECT 'A' || i AS number, 0.10::DECIMAL(38, 10) AS price, "
        "DATE '2026-03-01' AS day, TIMESTAMPTZ '2026-03-01 12:00:00+00' AS at, "
        "NULL::INT AS nothing FROM range(2500) t(i)) "
        f"TO '{tmp_path}/a.parquet'"
    )
    rows = read(tmp_path / "a.parquet")
    assert len(rows) == 2500
    assert rows[-1] == {
        "number": "A2499",
        "price": Decimal("0.1"),
        "day": date(2026, 3, 1),
        "at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "nothing": None,
    }


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"n": 0.10000000000000000000001}\n\n{"other": null}')
    assert read(tmp_path / name) == [{"n": Decimal("0.10000000000000000000001")}, {"other": None}]


def test_csv_is_text_and_nothing_where_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + CSV.replace("\n1", "\r\n1").encode())
    assert read(tmp_path / "a.csv") == [
        {"number": "1", "name": 'a "b", c\nd', "day": "2026-03-01"},
        {"number": "00123", "name": None, "day": None},
    ]


def test_csv_with_another_delimiter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1,5;2\n")
    assert read(tmp_path / "a.csv", ";") == [{"a": "1,5", "b": "2"}]


def test_packed_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    select(f"COPY (SELECT 1 AS a) TO '{tmp_path}/a.jsonl.zst' (FORMAT json, COMPRESSION zstd)")
    assert len(read(tmp_path / "a.csv.gz")) == 2
    assert read(tmp_path / "a.jsonl.zst") == [{"a": 1}]


def write(folder: Path, **rows: int) -> None:
    for name, number in rows.items():
        (folder / f"{name}.jsonl").write_text(json.dumps({"n": number}))


def test_a_folder_is_read_by_name_without_what_is_hidden(tmp_path: Path) -> None:
    write(tmp_path, b=2, a=1, _c=3)
    (tmp_path / ".draft").write_text("x")
    (tmp_path / "deeper").mkdir()
    assert read(tmp_path) == [{"n": 1}, {"n": 2}]


def test_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    write(tmp_path / "deeper", b=2, a=1)
    (tmp_path / "deeper" / "notes.txt").write_text("x")
    assert read(f"{tmp_path}/*/*.jsonl") == [{"n": 1}, {"n": 2}]


def test_any_store() -> None:
    path = UPath("memory://prices/a.csv")
    path.write_text("a\n1\n")
    assert read("memory://prices") == [{"a": "1"}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", "x", "a.xlsx is in no format that can be read"),
        ("a.parquet.gz", "x", "is in no format"),
        ("a.parquet", "x" * 100, "a.parquet cannot be read: "),
        ("a.jsonl", '{"a": 1}\n[1]\n', "Line 2 of .*a.jsonl is no JSON object"),
        ("a.jsonl", '{"a": 1}\n{"a"\n', "Line 2 of .*a.jsonl is no JSON object"),
        ("a.csv", "a,b\n1\n", "Line 2 of .*a.csv has not as many fields"),
        ("a.csv", "a,b\n1,2,3\n", "Line 2 of .*a.csv has not as many fields"),
        ("a.csv", 'a,b\n1,"2\n', "is no CSV in UTF-8"),
        ("a.csv", "a,b,a\n1,2,3\n", "a.csv has the column 'a' twice"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=said):
        read(tmp_path / name)


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    pq.write_table(
        pa.table([["W1"], ["A"], ["B"]], names=["no", "name", "name"]), tmp_path / "a.parquet"
    )
    with pytest.raises(ConfigurationError, match=r"a.parquet has the column 'name' twice"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["b.csv", "b.parquet"])
def test_a_column_that_only_the_first_file_has(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("no,name\nW1,A\n")
    select(f"COPY (SELECT 'W2' AS no, 'B' AS Name) TO '{tmp_path}/{name}'")
    with pytest.raises(ConfigurationError, match=rf"{name} has no column 'name'") as missing:
        read(tmp_path, columns=["no", "name"])
    assert "Did you mean Name" in missing.value.remedy
    assert len(read(tmp_path, columns=["no"])) == 2


def test_a_name_that_json_lines_do_not_give_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"no": "W1"}')
    assert read(tmp_path, columns=["no", "name"]) == [{"no": "W1"}]


def test_a_file_of_nothing_and_columns_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("no,,\nW1,,\n")
    assert read(tmp_path, columns=["no"]) == [{"no": "W1", "": None}]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.zst"])
def test_a_packed_file_that_is_cut(tmp_path: Path, name: str) -> None:
    select(f"COPY (SELECT hash(i) AS a FROM range(20000) t(i)) TO '{tmp_path}/{name}'")
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigurationError, match=rf"{name} cannot be read: "):
        read(tmp_path / name)


def test_an_error_of_the_store_is_none_of_the_file(tmp_path: Path) -> None:
    """It may pass, so that the task is to be tried again."""
    (tmp_path / "a.csv").symlink_to("/proc/self/mem")
    with pytest.raises(OSError, match="Errno"):
        read(tmp_path / "a.csv")


def test_csv_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name\nKöln\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is no CSV in UTF-8: UnicodeDecodeError"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["none.csv", "*.csv", "empty"])
def test_no_file_is_not_no_rows(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="There is no file at"):
        read(tmp_path / name)
