"""What Airflow is told, against Airflow's own schemas and our own settings."""

from __future__ import annotations

import importlib
import json
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from airflow_provider_bc.provider_info import get_provider_info
from airflow_provider_bc.settings import Settings

STANDARD_FIELDS = {
    "login": "client_id",
    "password": "client_secret",
    "host": "api_url",
    "port": "port",
}


@pytest.fixture(scope="module")
def info() -> dict[str, Any]:
    return get_provider_info()


@pytest.fixture(scope="module")
def connection_type(info: dict[str, Any]) -> dict[str, Any]:
    (only,) = info["connection-types"]
    assert isinstance(only, dict)
    return only


def schema(name: str) -> Any:
    return json.loads(files("airflow").joinpath(name).read_text())


def test_it_fits_the_schema_that_airflow_checks_at_start(info: dict[str, Any]) -> None:
    jsonschema.validate(info, schema("provider_info.schema.json"))


def test_each_section_fits_the_stricter_schema_of_provider_yaml(info: dict[str, Any]) -> None:
    strict = schema("provider.yaml.schema.json")
    shared = {"definitions": strict.get("definitions", {})}
    for name, section in info.items():
        jsonschema.validate(section, {**strict["properties"][name], **shared})


def test_the_entry_point_gives_it_under_the_name_of_the_distribution() -> None:
    (entry_point,) = (
        one
        for one in entry_points(group="apache_airflow_provider")
        if one.dist and one.dist.name == "airflow-provider-bc"
    )
    assert entry_point.load()()["package-name"] == "airflow-provider-bc"


def test_form_fields_and_settings_are_the_same_set(connection_type: dict[str, Any]) -> None:
    in_form = {*STANDARD_FIELDS.values(), *connection_type["conn-fields"]}
    assert in_form == set(Settings.model_fields)


def test_the_form_and_the_errors_use_the_same_labels(connection_type: dict[str, Any]) -> None:
    labels = {name: one["label"] for name, one in connection_type["conn-fields"].items()}
    relabeling = connection_type["ui-field-behaviour"]["relabeling"]
    labels |= {STANDARD_FIELDS[name]: label for name, label in relabeling.items()}
    assert labels == {name: field.title for name, field in Settings.model_fields.items()}


def test_the_form_shows_the_defaults_that_hold(connection_type: dict[str, Any]) -> None:
    shown = {
        name: one["schema"].get("default") for name, one in connection_type["conn-fields"].items()
    }
    hold = {name: Settings.model_fields[name].get_default() for name in shown}
    hold["tenant_id"] = None
    assert shown == hold


def test_the_form_knows_the_limits_that_hold(connection_type: dict[str, Any]) -> None:
    for name, one in connection_type["conn-fields"].items():
        limits = {
            key: value
            for part in Settings.model_fields[name].metadata
            for key, value in (
                ("minimum", getattr(part, "ge", None)),
                ("maximum", getattr(part, "le", None)),
            )
            if value is not None
        }
        assert {key: one["schema"][key] for key in limits} == limits, name


def test_only_the_tenant_is_required(connection_type: dict[str, Any]) -> None:
    required = {
        name
        for name, one in connection_type["conn-fields"].items()
        if "null" not in one["schema"]["type"]
    }
    assert required == {"tenant_id"}


def test_the_port_stays_visible_for_the_test_button(connection_type: dict[str, Any]) -> None:
    assert connection_type["ui-field-behaviour"]["hidden-fields"] == ["schema"]


def test_every_module_and_class_that_is_named_exists(info: dict[str, Any]) -> None:
    modules = [
        module
        for section in ("hooks", "operators", "sensors", "triggers")
        for entry in info[section]
        for module in entry["python-modules"]
    ]
    modules += [entry["python-module"] for entry in info["transfers"]]
    for module in modules:
        assert importlib.import_module(module).__doc__
    for entry in info["connection-types"]:
        module, _, name = entry["hook-class-name"].rpartition(".")
        hook = getattr(importlib.import_module(module), name)
        assert (hook.conn_type, hook.hook_name) == (entry["connection-type"], entry["hook-name"])
