"""A Business Central, a database of rows to be written, and what must become of each."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.store.company import Company
from tests.duck import select

Expected = tuple[str, str | None]
"""An outcome, and the code of a refusal."""


class Scene:
    """Rows of customers: new, changed, equal, wrong and repeated ones.

    :param server: the emulator.
    :param folder: where database and files are.
    :param rows: how many.
    """

    entity_set = "customers"
    key = "number"

    def __init__(self, server: Server, folder: Path, rows: int) -> None:
        self.server = server
        self.folder = folder
        self.database = folder / "source.sqlite"
        self.expected: dict[int, Expected] = {}
        self.numbers: dict[int, str | None] = {}
        self.touched: Counter[str] = Counter()
        with sqlite3.connect(self.database) as source:
            self.fill(source, rows)
        source.close()

    @property
    def company(self) -> Company:
        return self.server.emulator.companies[0]

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "entity_set": self.entity_set,
            "sql": "SELECT number, displayName, creditLimit, blocked, taxLiable FROM goods",
            "outcomes_path": (self.folder / "outcomes.parquet").as_uri(),
            "dead_letter_path": (self.folder / "refused.jsonl").as_uri(),
            "max_refused": None,
        }

    def fill(self, source: sqlite3.Connection, rows: int) -> None:
        source.execute(
            "CREATE TABLE goods (number TEXT, displayName TEXT, creditLimit NUMERIC, blocked TEXT, "
            "taxLiable INTEGER)"
        )
        for number in range(1, rows + 1):
            row, expected = self.row(number)
            self.expected[number], self.numbers[number] = expected, row[0]
            source.execute("INSERT INTO goods VALUES (?, ?, ?, ?, ?)", row)

    def row(self, number: int) -> tuple[tuple[Any, ...], Expected]:
        """Make a row, and what it will meet in Business Central."""
        name, kind = f"K{number:06}", number % 20
        row: list[Any] = [name, f"Name {number}", number / 4, "Ship", number % 2]
        there = {"number": name, "displayName": row[1], "blocked": "Ship"}
        there |= {"creditLimit": Decimal(number) / 4, "taxLiable": bool(row[4])}
        if kind < 9:
            return tuple(row), ("created", None)
        if kind < 15:
            self.company.create("customers", there | {"creditLimit": Decimal(-1)})
            return tuple(row), ("updated", None)
        if kind < 18:
            self.company.create("customers", there)
            return tuple(row), ("unchanged", None)
        if kind == 18:
            place, wrong = ((1, "x" * 101), (2, None), (3, "Perhaps"), (4, "maybe"))[
                number // 20 % 4
            ]
            row[place] = wrong
            return tuple(row), ("refused", "invalid_value")
        if number // 20 % 2:
            return (None, *row[1:]), ("refused", "missing_key")
        return (f"k{number - 19 + 1:06}", *row[1:]), ("refused", "duplicate_key")

    @contextmanager
    def somebody_else(self, seed: int) -> Iterator[None]:
        """Let somebody change records meanwhile, in a field that is not written back."""
        chance, stop = random.Random(seed), threading.Event()  # noqa: S311 - a repeatable choice
        there = [str(row["id"]) for row in self.company.rows("customers")]

        def change() -> None:
            while not stop.wait(0.01):
                key = chance.choice(there)
                self.company.update(
                    "customers", key, {"city": f"City {sum(self.touched.values())}"}
                )
                self.touched[key] += 1

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def job(self, attempt: int, run: str = "run") -> dict[str, Any]:
        return {
            "connection": json.dumps(self.server.connection),
            "source": f"sqlite:///{self.database}",
            "run": run,
            "attempt": attempt,
            "arguments": self.arguments,
        }

    def outcomes(self) -> list[tuple[int, str | None, str, str | None, str | None]]:
        """Read the table by a reader that is not ours."""
        path = self.folder / "outcomes.parquet"
        query = f"SELECT row, {self.key}, outcome, error_code, id FROM '{path}' ORDER BY row"
        return select(query)

    def assert_right(self) -> None:
        """Each row has its one outcome, and each record was written just as often as that says."""
        table = self.outcomes()
        assert {row: (outcome, code) for row, _, outcome, code, _ in table} == self.expected
        assert len(table) == len(self.expected)
        letters = (self.folder / "refused.jsonl").read_text().splitlines()
        refused = [row for row, (outcome, _) in self.expected.items() if outcome == "refused"]
        assert [json.loads(letter)["_row"] for letter in letters] == refused
        self.assert_records({row: record_id for row, *_, record_id in table})

    def assert_records(self, ids: dict[int, str | None]) -> None:
        found: dict[str, list[dict[str, Any]]] = {}
        for record in self.company.rows("customers"):
            found.setdefault(str(record["number"]), []).append(record)
        versions = {"created": 1, "unchanged": 1, "updated": 2}
        for number, (outcome, code) in self.expected.items():
            name = f"K{number:06}"
            if outcome == "refused":
                assert code == "duplicate_key" or name not in found
                continue
            (record,) = found[name]
            assert record["id"] == ids[number]
            assert (record["displayName"], record["blocked"]) == (f"Name {number}", "Ship")
            assert record["creditLimit"] == Decimal(number) / 4
            row: Any = self.company.row("customers", str(record["id"]))
            assert row.version - self.touched[str(record["id"])] == versions[outcome], (
                number,
                outcome,
            )


class Orders(Scene):
    """Rows of sales orders, which take no id of a client's own: new, equal and wrong ones."""

    entity_set = "salesOrders"
    key = "externalDocumentNumber"

    @property
    def arguments(self) -> dict[str, Any]:
        columns = "externalDocumentNumber, customerNumber, orderDate, shipToName"
        query = {"sql": f"SELECT {columns} FROM goods", "by": [self.key]}
        return super().arguments | query

    def fill(self, source: sqlite3.Connection, rows: int) -> None:
        source.execute(
            "CREATE TABLE goods (externalDocumentNumber TEXT, customerNumber TEXT, orderDate TEXT, "
            "shipToName TEXT)"
        )
        for number in range(1, rows + 1):
            row, expected = self.row(number)
            self.expected[number], self.numbers[number] = expected, row[0]
            source.execute("INSERT INTO goods VALUES (?, ?, ?, ?)", row)

    def row(self, number: int) -> tuple[tuple[Any, ...], Expected]:
        name, kind = f"WEB-{number:06}", number % 10
        there = {"externalDocumentNumber": name, "customerNumber": "10000"}
        there |= {"orderDate": "2026-03-01", "shipToName": "Adatum"}
        if kind == 0:
            row = (name, "NOBODY", "2026-03-01", "Adatum")
            return row, ("refused", "Application_DialogException")
        if kind in (1, 2):
            self.company.create(
                "salesOrders", there | {"shipToName": "Old"} if kind == 1 else there
            )
        outcome = {1: "updated", 2: "unchanged"}.get(kind, "created")
        return tuple(there.values()), (outcome, None)

    def assert_records(self, ids: dict[int, str | None]) -> None:
        found: dict[str, list[dict[str, Any]]] = {}
        for record in self.company.rows("salesOrders"):
            found.setdefault(str(record["externalDocumentNumber"]), []).append(record)
        for number, (outcome, _) in self.expected.items():
            name = f"WEB-{number:06}"
            if outcome == "refused":
                assert name not in found
                continue
            (record,) = found[name]
            assert (record["id"], record["shipToName"]) == (ids[number], "Adatum")
