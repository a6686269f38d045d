"""Files into Business Central, and the dead letters of one task into the next."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.transfers.object_storage_to_business_central import (
    ObjectStorageToBusinessCentralOperator,
)
from tests.duck import select
from tests.transfers.test_sql_to_business_central import task


def operator(path: Path | str, **arguments: Any) -> ObjectStorageToBusinessCentralOperator:
    where = path.as_uri() if isinstance(path, Path) else path
    return ObjectStorageToBusinessCentralOperator(
        task_id="write", path=where, **{"entity_set": "items", **arguments}
    )


def items(connection: Server) -> dict[str, dict[str, Any]]:
    return {str(row["number"]): row for row in connection.emulator.companies[0].rows("items")}


def test_a_folder_of_parquet(connection: Server, tmp_path: Path) -> None:
    for part in range(3):
        select(
            f"COPY (SELECT 'P' || {part} || i AS number, 'Part' AS displayName, "
            f"0.10::DECIMAL(18, 5) AS unitPrice FROM range(150) t(i)) "
            f"TO '{tmp_path}/part-{part}.parquet'"
        )
    report = operator(tmp_path).execute(task())
    assert (report["rows"], report["created"]) == (450, 450)
    assert items(connection)["P2149"]["unitPrice"] == Decimal("0.1")
    assert connection.emulator.log.count(path="$batch") == 5


def test_csv_with_semicolons_by_pattern(connection: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("number;displayName;unitPrice;blocked\n00123;Ü;0.5;true\n")
    report = operator(f"{tmp_path.as_uri()}/*.csv", delimiter=";").execute(task())
    assert report["created"] == 1
    assert items(connection)["00123"]["blocked"] is True


def test_dead_letters_are_written_back_once_they_are_corrected(
    connection: Server, tmp_path: Path
) -> None:
    source, letters = tmp_path / "source.jsonl", tmp_path / "refused.jsonl"
    rows = [
        {"number": f"L{n}", "displayName": "L", "unitPrice": price}
        for n, price in ((1, 1.5), (2, "?"))
    ]
    source.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(AirflowFailException, match="1 of 2 rows were refused: row 2"):
        operator(source, dead_letter_path=letters.as_uri()).execute(task())
    letters.write_text(letters.read_text().replace('"?"', "2.5"))
    report = operator(letters).execute(task("another"))
    assert report["created"] == 1
    assert items(connection)["L2"]["unitPrice"] == Decimal("2.5")


def test_a_file_that_is_not_there_sends_nothing(connection: Server, tmp_path: Path) -> None:
    with pytest.raises(AirflowFailException, match="There is no file at"):
        operator(tmp_path / "none.csv").execute(task())
    assert connection.emulator.log.count(path="$batch") == 0


def test_its_template_fields() -> None:
    one = operator("file:///a.csv")
    assert set(one.template_fields) <= set(vars(one))
    assert {"path", "delimiter", "entity_set"} <= set(one.template_fields)
