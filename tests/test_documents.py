"""Every Python block of the README and the documents runs as it stands."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_bc.emulator import Server

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
BLOCKS = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text()), start=1)
]

PRICES = """
    CREATE TABLE price_list (item_no TEXT, title TEXT, price NUMERIC);
    INSERT INTO price_list VALUES ('1896-S', 'ATHENS Desk', 999.9), ('NEW-1', 'Bicycle', 100);
"""
"""What a document may find in `my_database`."""


class OutletEvents(dict[Any, Any]):
    """Keeps what a task puts on the events of its outlets."""

    def __missing__(self, asset: Any) -> Any:
        self[asset] = SimpleNamespace(extra={})
        return self[asset]


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs_and_so_do_the_tasks_of_its_dag(
    code: str, connection: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_DATABASE", f"sqlite:///{tmp_path}/my.sqlite")
    with closing(sqlite3.connect(tmp_path / "my.sqlite")) as database:
        database.executescript(PRICES)
    here = code.replace("/tmp/business_central", str(tmp_path))  # noqa: S108 - is what it avoids
    names: dict[str, Any] = {"__name__": "document"}
    exec(compile(here, "document", "exec"), names)  # noqa: S102 - its purpose
    for task in names["dag"].tasks if "dag" in names else ():
        assert task.execute({"outlet_events": OutletEvents()})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
