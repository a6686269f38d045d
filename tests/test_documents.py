"""Every Python block of the README and the documents runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_bc.emulator import Server
from tests.automation_files import app_file, package_file

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
BLOCKS = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text()), start=1)
]


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
    (tmp_path / "standard.rapidstart").write_bytes(package_file("STANDARD"))
    (tmp_path / "bonus.app").write_bytes(app_file())
    here = code.replace("/tmp/business_central", str(tmp_path))  # noqa: S108 - is what it avoids
    names: dict[str, Any] = {"__name__": "document"}
    exec(compile(here, "document", "exec"), names)  # noqa: S102 - its purpose
    for task in names["dag"].tasks if "dag" in names else ():
        ti = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)
        assert task.execute({"outlet_events": OutletEvents(), "ti": ti})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
