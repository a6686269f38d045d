"""Check: the doctor's list in the browser, result by result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.plugins.connect.examination import Examination
from airflow_provider_bc.plugins.connect.guarded import PageHook
from tests.plugins.conftest import Connections
from tests.plugins.site import Site, Visitor


@pytest.fixture
def olga(site: Site) -> Iterator[Visitor]:
    with site.visitor("olga") as visitor:
        yield visitor


def test_a_good_connection_is_green(olga: Visitor, connections: Connections) -> None:
    text = olga.press(connections.add("client_credentials"), "check").text
    assert "This connection works." in text
    assert text.count('<li class="green">') >= 9
    assert '<li class="red">' not in text


def test_a_bad_one_is_red_with_cause_remedy_and_what_support_needs(
    olga: Visitor, connections: Connections, tenant: Server
) -> None:
    secret = "nobody~knows+this&wrong=secret"
    text = olga.press(connections.add("client_credentials", password=secret), "check").text
    assert "AADSTS7000215" in text
    assert "Correlation id" in text
    assert 'class="remedy"' in text
    assert "Repair first: Sign-in" in text
    assert '<li class="grey">' in text
    assert secret not in text
    assert tenant.emulator.client_secret not in text


def test_one_whose_settings_are_wrong_is_explained_before_and_in_the_check(
    olga: Visitor, connections: Connections
) -> None:
    conn_id = connections.add("client_credentials", timeout="<soon>")
    page = olga.get(f"/connections/{conn_id}").text
    assert "Timeout" in page
    assert "<soon>" not in page
    assert "Repair first: Settings" in olga.press(conn_id, "check").text


RESERVED: tuple[dict[str, Any], ...] = (
    {"grant_type": "managed_identity", "login": None, "password": None},
    {
        "grant_type": "federated_identity",
        "password": None,
        "federated_assertion_file": "/var/run/secrets/kubernetes.io/serviceaccount/token",
    },
    {
        "grant_type": "azure_credential",
        "login": None,
        "password": None,
        "azure_credential": "AzureCliCredential",
    },
    {"grant_type": "client_credentials", "password": None, "certificate_file": "/nowhere.pem"},
    {"grant_type": "authorization_code", "password": None, "certificate_file": "/nowhere.pem"},
)


class TestWhatTheApiServerOwns:
    """Its identity and its files are not for everybody who may edit a connection."""

    @pytest.mark.parametrize("fields", RESERVED)
    def test_is_not_used_by_a_check(
        self, olga: Visitor, connections: Connections, tenant: Server, fields: dict[str, Any]
    ) -> None:
        conn_id = connections.add(**fields)
        form = {"form": olga.form(connections.add())}
        answer = olga.post(f"/connections/{conn_id}/check", data=form)
        assert answer.status_code == 400
        assert "API server" in answer.text
        assert f"airflow business-central doctor {conn_id}" in answer.text
        assert "/nowhere.pem" not in answer.text
        assert tenant.emulator.log.entries == []

    @pytest.mark.parametrize("fields", RESERVED)
    def test_has_no_buttons_but_a_word_why(
        self, olga: Visitor, connections: Connections, fields: dict[str, Any]
    ) -> None:
        conn_id = connections.add(**fields)
        text = olga.get(f"/connections/{conn_id}").text
        assert "<form" not in text
        assert f"airflow business-central doctor {conn_id}" in text

    @pytest.mark.parametrize("said", ["Enabled", " enabled "])
    def test_is_used_where_an_administrator_enabled_testing(
        self,
        olga: Visitor,
        connections: Connections,
        monkeypatch: pytest.MonkeyPatch,
        said: str,
    ) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", said)
        answer = olga.press(connections.add(**RESERVED[3]), "check")
        assert answer.status_code == 200
        assert "Repair first: Credential" in answer.text

    @pytest.mark.parametrize("said", ["Disabled", "Hidden", ""])
    def test_is_not_used_otherwise(
        self,
        olga: Visitor,
        connections: Connections,
        monkeypatch: pytest.MonkeyPatch,
        said: str,
    ) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", said)
        form = {"form": olga.form(connections.add())}
        answer = olga.post(f"/connections/{connections.add(**RESERVED[3])}/check", data=form)
        assert answer.status_code == 400

    def test_is_not_used_by_a_check_of_what_was_edited_meanwhile(
        self, connections: Connections
    ) -> None:
        hook = PageHook(connections.add("client_credentials", timeout="soon"))
        hook.refuse_if_reserved()
        connections.change(hook.bc_conn_id, timeout=30, grant_type="managed_identity")
        connections.change(hook.bc_conn_id, login=None, password=None)
        first = next(iter(Examination(hook)))
        assert (first.name, first.state) == ("settings", "red")
        assert "API server" in first.cause


def test_each_result_is_sent_as_soon_as_it_is_known(
    olga: Visitor, connections: Connections, tenant: Server
) -> None:
    conn_id = connections.add("client_credentials", company=f"Nowhere {uuid4()}")
    form = {"form": olga.form(conn_id)}
    tenant.emulator.faults.add("slow", times=1, where="/companies", delay=60)
    parts: list[str] = []
    with olga.stream("POST", f"/connections/{conn_id}/check", data=form) as answer:
        assert answer.headers["content-encoding"] == "identity"
        for part in answer.iter_text():
            parts.append(part)
            if "Sign-in" in part:
                break
        assert "This connection" not in "".join(parts)
    assert tenant.emulator.log.count(kind="admin") == 0  # the last check has not begun
