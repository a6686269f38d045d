"""What the Test button says, in each state a connection can be in."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.connection_test import within_seconds


def press(monkeypatch: pytest.MonkeyPatch, server: Server, **changes: Any) -> tuple[bool, str]:
    """Change the connection, and press the button."""
    connection = json.loads(server.connection_json)
    for name, value in changes.items():
        (connection if name in connection else connection["extra"])[name] = value
    monkeypatch.setenv("AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT", json.dumps(connection))
    works, said = BusinessCentralHook().test_connection()
    assert server.emulator.client_secret not in said
    return works, said


def test_success_names_environment_company_app_and_roles(
    monkeypatch: pytest.MonkeyPatch, business_central: Server
) -> None:
    works, said = press(monkeypatch, business_central)
    assert works
    for part in ("Production", "CRONUS USA, Inc.", "API.ReadWrite.All", "2 companies"):
        assert part in said
    assert business_central.emulator.client_id in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "AADSTS7000215"),
        ({"password": None}, "Client secret (client_secret) is missing"),
        ({"login": "11111111-1111-1111-1111-111111111111"}, "AADSTS700016"),
        ({"tenant_id": "11111111-1111-1111-1111-111111111111"}, "AADSTS90002"),
        ({"scope": "https://wrong.example/.default"}, "AADSTS500011"),
        ({"environment": "Prodution"}, "Did you mean 'Production'?"),
        ({"company": "CRONUS USA"}, "Did you mean 'CRONUS USA, Inc.'?"),
        ({"host": "http://example.com"}, "API URL (api_url) must start with https://"),
        ({"page_size": "many"}, "Page size (page_size)"),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, business_central: Server, changes: dict[str, Any], said: str
) -> None:
    works, answer = press(monkeypatch, business_central, **changes)
    assert not works
    assert said in answer


def test_a_token_without_roles_is_told_from_a_missing_app_record(
    monkeypatch: pytest.MonkeyPatch, business_central: Server
) -> None:
    business_central.emulator.roles = ()
    works, said = press(monkeypatch, business_central)
    assert not works
    assert "does not carry the role API.ReadWrite.All" in said
    business_central.emulator.roles = ("API.ReadWrite.All",)
    business_central.emulator.app_records.clear()
    works, said = press(monkeypatch, business_central)
    assert not works
    assert "does not carry the role" not in said
    assert "Microsoft Entra Applications" in said


def test_no_company_is_needed_to_pass(
    monkeypatch: pytest.MonkeyPatch, business_central: Server
) -> None:
    works, said = press(monkeypatch, business_central, company=None)
    assert works
    assert "Company: none chosen" in said


def test_a_server_that_never_answers_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, business_central: Server
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        works, said = press(monkeypatch, business_central, port=silent.getsockname()[1])
        assert time.monotonic() - started < 10
    assert not works
    assert "No answer" in said


def test_nothing_that_happens_is_raised_or_shown() -> None:
    def break_down() -> str:
        raise ZeroDivisionError("with a secret in it")

    works, said = within_seconds(break_down)
    assert not works
    assert "secret" not in said
    assert "ZeroDivisionError" in said


def test_a_test_that_takes_too_long_is_left() -> None:
    def linger() -> str:
        time.sleep(0.5)
        return "late"

    works, said = within_seconds(linger, seconds=0.05)
    assert not works
    assert said.startswith("No answer within 0 seconds")
