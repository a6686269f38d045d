"""Check: the doctor's list in the browser, result by result."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from airflow_provider_bc.emulator import Server
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


def test_each_result_is_sent_as_soon_as_it_is_known(
    olga: Visitor, connections: Connections, tenant: Server
) -> None:
    conn_id = connections.add("client_credentials", company=f"Nowhere {uuid4()}")
    form = {"form": olga.form(conn_id)}
    tenant.emulator.faults.add("unavailable", times=1, where="/companies", delay=1.5)
    parts: list[str] = []
    with olga.stream("POST", f"/connections/{conn_id}/check", data=form) as answer:
        assert answer.headers["content-encoding"] == "identity"
        for part in answer.iter_text():
            parts.append(part)
            if "Sign-in" in part:
                break
        assert "This connection" not in "".join(parts)
