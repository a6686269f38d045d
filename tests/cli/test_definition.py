"""What `airflow` is told: light to import, and every command leads to a function."""

from __future__ import annotations

import importlib
import subprocess
import sys

from airflow.cli.cli_config import ActionCommand, GroupCommand

from airflow_provider_bc.cli.definition import COMMANDS, get_business_central_commands
from airflow_provider_bc.provider_info import get_provider_info


def test_airflow_is_told_of_the_definition() -> None:
    (path,) = get_provider_info()["cli"]
    module, _, name = path.rpartition(".")
    assert getattr(importlib.import_module(module), name) is get_business_central_commands


def test_there_is_one_group_of_commands() -> None:
    (group,) = get_business_central_commands()
    assert isinstance(group, GroupCommand)
    names = [one.name for one in group.subcommands]
    assert (group.name, names) == (
        "business-central",
        ["doctor", "login", "entities", "models", "companies"],
    )


def test_every_command_leads_to_a_function_of_its_name() -> None:
    for command in COMMANDS:
        assert isinstance(command, ActionCommand)
        assert command.func.__name__ == command.name


def test_the_parser_of_airflow_imports_nothing_heavy_for_it() -> None:
    code = (
        "import airflow_provider_bc.cli.definition, sys;"
        "print(*(m for m in sys.modules if m.startswith('airflow_provider_bc.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {*done.stdout.splitlines()[-1].split()}
    own = {"airflow_provider_bc.cli", "airflow_provider_bc.cli.definition"}
    literals = {"airflow_provider_bc.provider_info", "airflow_provider_bc.connection_form"}
    assert own <= imported <= own | literals
