"""Batches in JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.batch import Inner, read_batch, write_batch
from airflow_provider_bc.wire import Response


def test_requests_are_written_in_their_order() -> None:
    body = write_batch(
        [Inner("POST", "a", {"X": "1"}, {"n": Decimal("0.10")}), Inner("DELETE", "b(1)")]
    )
    assert b"0.10" in body
    assert json.loads(body)["requests"] == [
        {
            "id": "0",
            "method": "POST",
            "url": "a",
            "headers": {"X": "1", "Content-Type": "application/json"},
            "body": {"n": 0.1},
        },
        {"id": "1", "method": "DELETE", "url": "b(1)", "headers": {}},
    ]


def test_answers_are_read_by_their_place() -> None:
    entries = [
        {"id": "1", "status": 204, "headers": {}},
        {"id": "0", "status": 201, "headers": {"Content-Type": "x"}, "body": {"n": 0.1}},
    ]
    assert read_batch(json.dumps({"responses": entries}).encode(), 2) == {
        1: Response(204),
        0: Response(201, {"content-type": "x"}, b'{"n":0.1}'),
    }


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"value": []},
        {"responses": {}},
        {"responses": [5]},
        {"responses": [{"status": 200, "headers": {}}]},
        {"responses": [{"id": None, "status": 200, "headers": {}}]},
        {"responses": [{"id": "0", "status": "x", "headers": {}}]},
        {"responses": [{"id": "0", "status": 200, "headers": []}]},
        {"responses": [{"id": "1", "status": 200, "headers": {}}]},
        {"responses": [{"id": "0", "status": 200, "headers": {}}] * 2},
    ],
)
def test_anything_else_is_unexpected(value: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        read_batch(json.dumps(value).encode(), 1)
