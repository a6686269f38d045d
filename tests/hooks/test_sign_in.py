"""A person signs in through the hook, and every task uses it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from airflow_provider_bc.auth.device_code import DeviceCode
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import PUBLIC_CLIENT_ID, USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.token_store import process_tokens

REDIRECT = "http://localhost:8400/callback"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Emulator(limits=False)) as server:
        server.emulator.directory.auto_approval = AutoApproval(USER)
        yield server


@pytest.fixture
def conn_id(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    return connect(server, monkeypatch)


def connect(
    server: Server, monkeypatch: pytest.MonkeyPatch, principals: str | None = None, **changes: Any
) -> str:
    """Name a connection: the tokens of this process outlive a test."""
    conn_id = f"bc_{uuid4().hex}"
    connection = {**server.connection, **changes}
    own = {"grant_type": "authorization_code", "principals": principals}
    connection["extra"] = {**connection["extra"], **own}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    return conn_id


def browsed(url: str) -> str:
    """Follow the browser's way to the page that it comes back to."""
    return httpx.get(url, follow_redirects=False, trust_env=False).headers["location"]


def test_a_person_signs_in_and_tasks_read_as_that_person(server: Server, conn_id: str) -> None:
    with BusinessCentralHook(conn_id) as hook:
        begun = hook.begin_sign_in(REDIRECT)
        assert hook.finish_sign_in(begun, browsed(begun.url)) == USER

    with BusinessCentralHook(conn_id) as hook:
        assert hook.companies()
        worked, said = hook.test_connection()
    assert worked, said


def test_it_outlives_the_process_encrypted(server: Server, conn_id: str) -> None:
    with BusinessCentralHook(conn_id) as hook:
        begun = hook.begin_sign_in(REDIRECT)
        hook.finish_sign_in(begun, browsed(begun.url))

    process_tokens.cache_clear()
    server.emulator.log.clear()
    with BusinessCentralHook(conn_id) as hook:
        assert hook.companies()

    assert server.emulator.log.count(kind="token") == 0
    store = process_tokens()._shared.store
    assert store is not None
    for file in Path(store._folder).iterdir():
        assert b"eyJhbGciOi" not in file.read_bytes()


def test_before_anybody_signed_in_a_task_says_how(conn_id: str) -> None:
    with BusinessCentralHook(conn_id) as hook, pytest.raises(AuthenticationError) as caught:
        hook.companies()

    assert f"`airflow business-central login {conn_id}`" in str(caught.value)


def test_a_callback_of_another_sign_in_is_refused(server: Server, conn_id: str) -> None:
    with BusinessCentralHook(conn_id) as hook:
        first, second = (hook.begin_sign_in(REDIRECT) for _ in range(2))
        with pytest.raises(AuthenticationError, match="does not belong to this sign-in"):
            hook.finish_sign_in(first, browsed(second.url))


def test_a_person_signs_in_on_another_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect(server, monkeypatch, login=PUBLIC_CLIENT_ID, password=None)
    shown: list[DeviceCode] = []

    def show(code: DeviceCode) -> None:
        shown.append(code)
        browsed_page = httpx.get(
            code.verification_uri, params={"user_code": code.user_code}, trust_env=False
        )
        assert browsed_page.status_code in (200, 302)

    with BusinessCentralHook(conn_id) as hook:
        assert hook.sign_in_by_device(show) == USER
        assert hook.companies()
    assert len(shown) == 1


def test_a_sign_in_does_not_need_the_other_connections(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect(server, monkeypatch, principals="bc_gone")
    with BusinessCentralHook(conn_id) as hook:
        begun = hook.begin_sign_in(REDIRECT)
        assert hook.finish_sign_in(begun, browsed(begun.url)) == USER


def test_a_sign_in_by_device_does_not_need_them_either(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    public: dict[str, Any] = {"login": PUBLIC_CLIENT_ID, "password": None}
    conn_id = connect(server, monkeypatch, "bc_gone", **public)

    def show(code: DeviceCode) -> None:
        page, query = code.verification_uri, {"user_code": code.user_code}
        httpx.get(page, params=query, trust_env=False)

    with BusinessCentralHook(conn_id) as hook:
        assert hook.sign_in_by_device(show) == USER


def test_the_test_button_does_not_call_a_sign_in_wrong_that_it_cannot_see(
    conn_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BusinessCentralHook(conn_id) as hook:
        begun = hook.begin_sign_in(REDIRECT)
        hook.finish_sign_in(begun, browsed(begun.url))
    made_up = uuid4().hex[:8]  # as Airflow does
    connection = os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"]
    monkeypatch.setenv(f"AIRFLOW_CONN_{made_up.upper()}", connection)

    works, said = BusinessCentralHook(made_up).test_connection()

    assert works
    assert said.startswith("The settings are complete. Airflow's Test button cannot see")
    assert "Admin > Business Central" in said
    assert "`airflow business-central doctor CONN_ID`" in said


def test_but_it_says_what_is_wrong_in_the_settings(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect(server, monkeypatch, host="http://example.com")
    works, said = BusinessCentralHook(conn_id).test_connection()
    assert not works
    assert "API URL (api_url) must start with https://" in said


def test_an_app_has_nobody_to_sign_in(connection: Server) -> None:
    with pytest.raises(ConfigurationError, match="Nobody signs in"):
        BusinessCentralHook().begin_sign_in(REDIRECT)


def test_a_sign_in_needs_a_place_to_come_back_to(conn_id: str) -> None:
    with pytest.raises(ConfigurationError, match="redirect URI"):
        BusinessCentralHook(conn_id).begin_sign_in()
