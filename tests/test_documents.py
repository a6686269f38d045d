"""Every Python block of the README and the documents runs as it stands."""

from __future__ import annotations

import importlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import airflow
import pytest
from packaging.version import Version

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.provider_info import get_provider_info
from tests.automation_files import app_file, package_file
from tests.dag_runs import run

SAS = "https://a.blob.core.windows.net/?se=2099-01-01T00:00:00Z&sp=rwdc&ss=b&srt=co&sig=x"
ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \|.*\]\((\S+)\) \|$", re.MULTILINE)
OURS = re.compile(r"BusinessCentral|\w+ToBusinessCentral")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
NEWER = pytest.mark.skipif(
    Version(airflow.__version__) < Version("3.3"), reason="the block says that it needs Airflow 3.3"
)
BLOCKS = [
    pytest.param(
        code,
        id=f"{page.stem}-{number}",
        marks=[NEWER] if code.startswith("# Needs Airflow 3.3\n") else [],
    )
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
    code: str,
    connection: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_DATABASE", f"sqlite:///{tmp_path}/my.sqlite")
    monkeypatch.setenv(
        "AIRFLOW_CONN_EXPORTS", json.dumps({"conn_type": "generic", "password": SAS})
    )
    connection.emulator.environments[0].created -= 86_400  # so it can be restored
    connection.emulator.operation_seconds = connection.emulator.background.seconds = 0
    (tmp_path / "standard.rapidstart").write_bytes(package_file("STANDARD"))
    (tmp_path / "bonus.app").write_bytes(app_file())
    with closing(sqlite3.connect(tmp_path / "my.sqlite")) as database:
        database.executescript(PRICES)
    here = code.replace("/tmp/business_central", str(tmp_path))  # noqa: S108 - is what it avoids
    names: dict[str, Any] = {"__name__": "document"}
    exec(compile(here, "document", "exec"), names)  # noqa: S102 - its purpose
    if "dag" not in names:
        return
    if any(task.upstream_task_ids for task in names["dag"].tasks):
        request.getfixturevalue("airflow_database")
        assert run(names["dag"]).state == "success"
        return
    for task in names["dag"].tasks:
        told = {"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": -1, "try_number": 1}
        ti = SimpleNamespace(**told, xcom_push=lambda **_: None)
        assert task.execute({"outlet_events": OutletEvents(), "ti": ti})


def registered() -> dict[str, str]:
    """Every class that Airflow is told of, and the section it is in."""
    info = get_provider_info()
    modules = {
        module: section
        for section in ("operators", "sensors", "triggers")
        for entry in info[section]
        for module in entry["python-modules"]
    }
    modules |= {entry["python-module"]: "transfers" for entry in info["transfers"]}
    return {
        name: section
        for module, section in modules.items()
        for name, one in vars(importlib.import_module(module)).items()
        if re.match(r"BusinessCentral|\w+ToBusinessCentral", name)
        and getattr(one, "__module__", "") == module
    }


def test_the_index_of_operators_names_each_and_an_example_that_is_executed() -> None:
    index = ROOT / "docs" / "operators.md"
    rows = dict(ROW.findall(index.read_text()))
    assert {*rows} == {*registered()}
    for name, target in rows.items():
        page, _, _ = target.partition("#")
        text = (index.parent / page if page else index).read_text()
        shown = "\n".join(BLOCK.findall(text))
        if registered()[name] != "triggers":
            assert name in shown, f"{name} has no example in {target}"


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as GitHub does."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_index_of_operators_leads_to_headings_that_exist() -> None:
    index = ROOT / "docs" / "operators.md"
    for target in dict(ROW.findall(index.read_text())).values():
        page, _, anchor = target.partition("#")
        assert not anchor or anchor in anchors(index.parent / page if page else index), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
