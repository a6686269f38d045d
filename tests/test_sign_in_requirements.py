"""The table of what sign-in must do cannot rot: it is whole, and names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "sign-in-requirements.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TABLE.read_text().splitlines()
    if re.match(r"\| \d+ \|", line)
]
NAMED = re.compile(r"`([^`]+)`")


def names_in(path: Path) -> set[str]:
    """The tests and classes of tests that a file holds, as pytest names them."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
            inner = (one for one in node.body if isinstance(one, ast.FunctionDef))
            names |= {f"{node.name}::{one.name}" for one in inner}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
    return names


def test_every_row_is_there_once_in_order() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, 63))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_a_feature_and_tests_that_exist(row: list[str]) -> None:
    _, statement, feature, tests = row
    assert statement
    assert feature
    named = NAMED.findall(tests)
    assert named, "a row needs a test"
    for test in named:
        file, _, name = test.partition("::")
        assert name.rpartition("::")[2].startswith(("test_", "Test"))
        assert name in names_in(TESTS / file), f"there is no {test}"
