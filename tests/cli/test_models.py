"""Models as a module: what tools say of it, and which files it may replace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_bc.cli.models import write_models
from airflow_provider_bc.emulator import Server
from tests.cli.screens import Screens, arguments
from tests.hooks.patient import patient


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "Größe #1, 50% more"
    folder.mkdir()
    return folder / "models.py"


def write(server: Server, **options: Any) -> tuple[int, Screens]:
    screens = Screens()
    with patient(server) as conn_id:
        code = write_models(arguments(conn_id, **options), screens.out, screens.complaints)
    return code, screens


@pytest.mark.parametrize("api", ["v2.0", "microsoft/automation/v2.0", "ODataV4"])
def test_the_module_of_a_whole_api_is_one_that_tools_accept(
    business_central: Server, output: Path, api: str
) -> None:
    code, screens = write(business_central, output=str(output), api=api)
    assert (code, screens.complained) == (0, "")
    assert str(output) in screens.said
    commands = (
        ["ruff", "check", "--isolated", "--no-cache", str(output)],
        [sys.executable, str(output)],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_knows_the_fields(business_central: Server, output: Path) -> None:
    write(business_central, output=str(output), entity_sets="customers, items,salesInvoices")
    use = output.with_name("use.py")
    use.write_text(
        "from decimal import Decimal\n"
        "from models import Customer, Item, SalesInvoice\n"
        "limit: Decimal | None = Customer(displayName='Adatum').creditLimit\n"
        "number: str | None = Item().number\n"
        "wrong: int = SalesInvoice().number\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "models.py", "use.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=output.parent)
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["use.py"], done.stdout + done.stderr
    assert lines[0].startswith("use.py:5: error: Incompatible types")


def test_without_a_file_it_goes_to_the_standard_output(business_central: Server) -> None:
    code, screens = write(business_central, entity_sets="customers")
    assert code == 0
    compile(screens.said, "models", "exec")
    assert screens.said.count("\nclass ") == 1


def test_its_own_file_is_replaced(business_central: Server, output: Path) -> None:
    write(business_central, output=str(output), entity_sets="customers,items")
    code, _ = write(business_central, output=str(output), entity_sets="vendors")
    assert code == 0
    assert "class Vendor(" in output.read_text()
    assert "class Customer(" not in output.read_text()
    assert [path.name for path in output.parent.iterdir()] == ["models.py"]


@pytest.mark.parametrize("content", [b"", b"print('mine')\n", b"\xff\xfe"])
def test_a_file_of_somebody_else_is_not(
    business_central: Server, output: Path, content: bytes
) -> None:
    output.write_bytes(content)
    code, screens = write(business_central, output=str(output), entity_sets="customers")
    assert code == 1
    assert "was not written by this command" in screens.complained
    assert "--force" in screens.complained
    assert output.read_bytes() == content
    code, _ = write(business_central, output=str(output), entity_sets="customers", force=True)
    assert code == 0
    assert "class Customer(" in output.read_text()


def test_an_unknown_entity_set_leaves_the_file_as_it_was(
    business_central: Server, output: Path
) -> None:
    write(business_central, output=str(output), entity_sets="customers")
    before = output.read_text()
    code, screens = write(business_central, output=str(output), entity_sets="customer")
    assert code == 1
    assert "Did you mean customers" in screens.complained
    assert output.read_text() == before


def test_a_folder_that_is_a_file_is_told(business_central: Server, output: Path) -> None:
    output.write_text("a file")
    code, screens = write(
        business_central, output=str(output / "models.py"), entity_sets="customers"
    )
    assert code == 1
    assert "Name" in screens.complained
