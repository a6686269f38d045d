"""What the answers of the Admin Center API hold, however they are wrapped."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.errors import GarbledAnswer, NotFound, UnexpectedAnswer
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


@pytest.mark.parametrize("body", [{"value": "x"}, {"value": ["x"]}, "x"])
def test_what_is_no_list_of_environments_is_none(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        Peer(token(), answer(body)).converse(AdminCenter(exchange()).environments.all())


def test_an_operation_that_is_begun_without_an_answer_in_json_is_not_taken_for_one() -> None:
    center = AdminCenter(exchange())
    peer = Peer(token(), Response(202, body=b"<html>"))
    with pytest.raises(GarbledAnswer, match=r"POST .*/copy") as caught:
        peer.converse(center.environments.copy("Production", "Copy"))
    assert caught.value.request_line


def test_an_operation_that_is_not_found_by_its_id_is_looked_for_among_all() -> None:
    operations = AdminCenter(exchange()).operations
    every = answer({"value": [{"id": "1", "status": "running"}, {"id": "2"}]})
    peer = Peer(token(), Response(404), every, Response(404), every)
    assert peer.converse(operations.get("1")).status == "running"
    with pytest.raises(NotFound):
        peer.converse(operations.get("3"))


def test_an_app_without_an_id_is_none() -> None:
    with pytest.raises(UnexpectedAnswer, match="has no id"):
        Peer(token(), answer({"value": [{"name": "x"}]})).converse(
            AdminCenter(exchange()).apps.installed("Production")
        )
