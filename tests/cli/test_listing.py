"""Companies and entity sets, for people and for machines."""

from __future__ import annotations

import json

from airflow_provider_bc.cli.listing import list_companies, list_entities
from airflow_provider_bc.emulator import Server
from tests.cli.screens import Screens, arguments
from tests.hooks.patient import patient


def test_companies_in_a_pipe_are_separated_by_tabs(business_central: Server) -> None:
    screens = Screens()
    with patient(business_central) as conn_id:
        assert list_companies(arguments(conn_id), screens.out, screens.complaints) == 0
    head, first, second = screens.said.splitlines()
    assert head == "id\tname\tdisplay_name"
    assert first.split("\t")[1] == "CRONUS USA, Inc."
    assert second.split("\t")[1] == business_central.emulator.companies[1].name


def test_companies_in_a_terminal_are_a_table(business_central: Server) -> None:
    screens = Screens(terminal=True)
    with patient(business_central) as conn_id:
        list_companies(arguments(conn_id), screens.out, screens.complaints)
    assert "┃" in screens.said
    assert "CRONUS USA, Inc." in screens.said


def test_companies_as_json(business_central: Server) -> None:
    screens = Screens()
    with patient(business_central) as conn_id:
        list_companies(arguments(conn_id, json=True), screens.out, screens.complaints)
    assert {*json.loads(screens.said)[0]} == {"id", "name", "display_name"}


def test_entity_sets_of_the_standard_api(business_central: Server) -> None:
    screens = Screens()
    with patient(business_central) as conn_id:
        assert list_entities(arguments(conn_id), screens.out, screens.complaints) == 0
    rows = [line.split("\t") for line in screens.said.splitlines()]
    assert rows[0] == ["entity_set", "key", "properties"]
    assert "customers" in {row[0] for row in rows}
    assert rows[1:] == sorted(rows[1:])


def test_entity_sets_of_a_custom_api_as_json(business_central: Server) -> None:
    screens = Screens()
    with patient(business_central) as conn_id:
        asked = arguments(conn_id, json=True, api="cronus/benchmark/v1.0")
        list_entities(asked, screens.out, screens.complaints)
    (wide,) = (one for one in json.loads(screens.said) if one["entity_set"] == "wideLedgerEntries")
    assert wide["key"] == ["id"]
    assert "entryNumber" in wide["properties"]


def test_a_failure_is_told_with_its_remedy(business_central: Server) -> None:
    for command, changes, said in (
        (list_companies, {"password": "wrong"}, "AADSTS7000215"),
        (list_entities, {"environment": "Nowhere"}, "There is no environment 'Nowhere'"),
    ):
        screens = Screens()
        with patient(business_central, **changes) as conn_id:
            assert command(arguments(conn_id), screens.out, screens.complaints) == 1
        assert said in screens.complained
        assert screens.said == ""


def test_another_connection_that_is_not_there_is_the_one_that_is_named(
    business_central: Server,
) -> None:
    screens = Screens()
    with patient(business_central, principals="bc_gone") as conn_id:
        assert list_companies(arguments(conn_id), screens.out, screens.complaints) == 1
    assert f"'{conn_id}' names 'bc_gone' among its Other connections" in screens.complained


def test_a_connection_that_is_not_there() -> None:
    screens = Screens()
    assert list_companies(arguments("bc_nowhere"), screens.out, screens.complaints) == 1
    assert screens.complained.startswith("There is no connection 'bc_nowhere'. Create it")
