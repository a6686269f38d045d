"""The table of outcomes and the dead letters, read by readers that are not ours."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.files.formats import format_of
from airflow_provider_bc.write_back.dead_letter import DeadLetter, dead_letter_format
from airflow_provider_bc.write_back.file_source import rows_of_files
from airflow_provider_bc.write_back.outcome_table import OutcomeTable
from airflow_provider_bc.write_back.outcomes import Refusal, RowOutcome, SourceRow, Tally
from tests.duck import select

GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"
VALUES = {"number": 7, "limit": Decimal("0.10"), "day": date(2026, 3, 1), "id": UUID(GUID)}
OUTCOMES = [
    RowOutcome(SourceRow(1, {"number": "A"}), "created", {"number": "A"}, GUID),
    RowOutcome(
        SourceRow(2, VALUES),
        "refused",
        {"number": 7},
        refusal=Refusal("invalid_value", 'said "no", twice\nand more'),
    ),
    RowOutcome(SourceRow(3, {}), "refused", {}, refusal=Refusal("missing_key", "blank")),
]
ROWS = [
    (1, "A", "created", GUID, None, None),
    (2, "7", "refused", None, "invalid_value", 'said "no", twice\nand more'),
    (3, None, "refused", None, "missing_key", "blank"),
]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv", "csv.gz", "jsonl.zst"])
def test_a_table_of_any_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"outcomes.{suffix}"
    with path.open("wb") as file:
        table = OutcomeTable(file, format_of(path.name), ["number"])
        table.write(OUTCOMES[:2])
        table.write(OUTCOMES[2:])
        table.close()
    columns = "row, number, outcome, id::VARCHAR, error_code, reason"
    assert select(f"SELECT {columns} FROM '{path}' ORDER BY row") == ROWS


def test_a_key_that_is_the_id_has_one_column(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.parquet"
    refused = RowOutcome(SourceRow(1, {}), "refused", {"id": GUID}, refusal=Refusal("a", "b"))
    with path.open("wb") as file:
        table = OutcomeTable(file, format_of(path.name), ["id"])
        table.write([refused])
        table.close()
    described = select(f"DESCRIBE FROM '{path}'")
    assert [column[0] for column in described] == ["row", "outcome", "id", "error_code", "reason"]
    assert select(f"SELECT * FROM '{path}'") == [(1, "refused", GUID, "a", "b")]


def test_letters_hold_what_was_read_and_why(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl.gz"
    with path.open("wb") as file:
        letters = DeadLetter(file, dead_letter_format(path.name))
        letters.write(OUTCOMES)
        letters.close()
    first, second = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert '"limit":0.10' in first
    assert json.loads(first) == {
        "number": 7,
        "limit": 0.1,
        "day": "2026-03-01",
        "id": GUID,
        "_row": 2,
        "_error_code": "invalid_value",
        "_reason": 'said "no", twice\nand more',
    }
    assert json.loads(second)["_row"] == 3


def test_letters_with_numbers_that_json_does_not_have_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    values = {"a": Decimal("NaN"), "b": float("nan"), "c": Decimal("-Infinity"), "d": Decimal(1)}
    with path.open("wb") as file:
        letters = DeadLetter(file, dead_letter_format(path.name))
        letters.write(
            [RowOutcome(SourceRow(1, values), "refused", {}, refusal=Refusal("code", "no"))]
        )
        letters.close()
    (row,) = rows_of_files(UPath(path))
    assert {name: row[name] for name in values} == {
        "a": "NaN",
        "b": "nan",
        "c": "-Infinity",
        "d": 1,
    }


@pytest.mark.parametrize("name", ["refused.parquet", "refused.csv", "refused.txt"])
def test_letters_are_json_lines(name: str) -> None:
    with pytest.raises(ConfigurationError):
        dead_letter_format(name)


def test_a_tally_counts_and_names_the_first_refused() -> None:
    tally = Tally()
    tally.count(OUTCOMES)
    assert str(tally) == "3 rows: 1 created, 0 updated, 0 unchanged, 2 refused"
    assert tally.first_refused == ["row 2 (invalid_value)", "row 3 (missing_key)"]
    tally.count(OUTCOMES * 20)
    assert len(tally.first_refused) == 10
    assert (tally.rows, tally.refused, tally.refusals["missing_key"]) == (63, 42, 21)
