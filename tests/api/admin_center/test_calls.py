"""What the answers of the Admin Center API hold, however they are wrapped."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.wire import Response
from tests.peer import Peer, answer, exchange, token

ROW = {"name": "Production", "type": "Production", "status": "Active"}


@pytest.mark.parametrize("body", [ROW, {"value": ROW}, {"value": [ROW]}])
def test_an_environment_comes_bare_or_wrapped(body: Any) -> None:
    found = Peer(token(), answer(body)).converse(AdminCenter(exchange()).environments.get("x"))
    assert (found.name, found.active) == ("Production", True)


@pytest.mark.parametrize("body", [{"value": []}, {"value": [ROW, ROW]}, {"value": "x"}, None, []])
def test_what_is_no_environment_is_none(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        Peer(token(), answer(body)).converse(AdminCenter(exchange()).environments.get("x"))


@pytest.mark.parametrize("nothing", [Response(204), Response(200, body=b" null\n")])
def test_a_setting_that_nobody_has_made_is_empty(nothing: Response) -> None:
    settings = AdminCenter(exchange()).settings
    peer = Peer(token(), nothing, nothing)
    assert peer.converse(settings.update_window("x")) == {}
    assert peer.converse(settings.security_group("x")) == {}
