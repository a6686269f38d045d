"""What Airflow's processes load, and what the API server gets."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from airflow_provider_bc.plugins import PREFIX
from airflow_provider_bc.plugins.business_central import BusinessCentralPlugin

LOAD = """
import sys
from importlib.metadata import entry_points
(plugin,) = (one for one in entry_points(group="airflow.plugins") if one.name == "business_central")
plugin.load()().on_load()
print(sorted({"fastapi", "starlette", "jinja2", "airflow.models.connection"} & set(sys.modules)))
print([name for name in sys.modules if name.startswith("airflow_provider_bc.plugins.connect")])
"""


def test_the_entry_point_gives_the_plugin() -> None:
    (found,) = (
        one for one in entry_points(group="airflow.plugins") if one.name == "business_central"
    )
    assert found.load() is BusinessCentralPlugin


def test_a_worker_that_loads_the_plugin_does_not_import_the_page() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    imported, ours = done.stdout.splitlines()[-2:]
    assert "fastapi" not in imported
    assert ours == "[]"


def test_the_page_opens_in_a_tab_of_its_own_under_admin() -> None:
    (view,) = BusinessCentralPlugin.external_views
    assert view["category"] == "admin"
    assert view["href"] == f"{PREFIX}/"
    assert "url_route" not in view
    (mounted,) = BusinessCentralPlugin.fastapi_apps
    assert mounted["url_prefix"] == PREFIX


def test_the_entry_follows_the_path_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://contoso.com/airflow/")
    (view,) = BusinessCentralPlugin.external_views
    assert view["href"] == f"/airflow{PREFIX}/"


def test_configuration_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__BUSINESS_CENTRAL__CONNECT_PAGE", "False")
    assert BusinessCentralPlugin.external_views == []
    assert BusinessCentralPlugin.fastapi_apps == []
