"""Faults that spoil an answer that was right."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from airflow_provider_bc.emulator.answer import Answer
from airflow_provider_bc.wire import Response

_Change: TypeAlias = Callable[[dict[str, Any], str], dict[str, Any]]


def _foreign(page: dict[str, Any], url: str) -> dict[str, Any]:
    path = url.partition("://")[2].partition("/")[2]
    return page | {"@odata.nextLink": f"https://elsewhere.invalid/{path}"}


_CHANGES: dict[str, _Change] = {
    "error_in_200": lambda _, __: {
        "error": {"code": "Unknown", "message": "Please try again later."}
    },
    "missing_value": lambda page, _: {k: v for k, v in page.items() if k != "value"},
    "looping_next_link": lambda page, url: page | {"@odata.nextLink": url},
    "foreign_next_link": _foreign,
    "empty_page_with_next_link": lambda page, url: page | {"value": [], "@odata.nextLink": url},
}
TAMPERS = frozenset([*_CHANGES, "cut_json", "dropped_midway", "slow", "answer_lost"])
WITHOUT_CONTENT = frozenset(["slow", "answer_lost"])


def tamper(name: str, answer: Answer, url: str, delay: float) -> Answer:
    """Spoil an answer.

    :param name: one of `TAMPERS`.
    :param answer: the right answer.
    :param url: the URL of the request.
    :param delay: seconds a `slow` answer is late.
    :returns: the spoiled answer.
    """
    response = answer.response
    half = len(response.body) // 2
    if name == "slow":
        return Answer(response, answer.delay + delay)
    if name == "answer_lost":
        return Answer(response, answer.delay, -1)
    if name == "dropped_midway":
        return Answer(response, answer.delay, half)
    if name == "cut_json":
        return Answer(
            Response(response.status, response.headers, response.body[:half]), answer.delay
        )
    page = _CHANGES[name](json.loads(response.body), url)
    body = json.dumps(page, ensure_ascii=False).encode()
    return Answer(Response(response.status, response.headers, body), answer.delay)
