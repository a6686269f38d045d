from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.api.service_clock import ServiceClock
from airflow_provider_bc.wire import Response

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Machine:
    """This machine's clock."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def machine() -> Machine:
    return Machine()


def dated(text: str) -> Response:
    return Response(200, {"date": text}, b"")


def test_this_machine_is_believed_until_an_answer_says_otherwise(machine: Machine) -> None:
    clock = ServiceClock(machine)
    assert clock.now() == NOON

    clock.hear(dated("Sun, 01 Mar 2026 11:00:00 GMT"))

    assert clock.now() == NOON - timedelta(hours=1)
    machine.now += timedelta(seconds=5)
    assert clock.now() == NOON - timedelta(hours=1) + timedelta(seconds=5)


def test_the_last_answer_counts(machine: Machine) -> None:
    clock = ServiceClock(machine)
    for text in ("Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 01 Mar 2026 12:00:30 GMT"):
        clock.hear(dated(text))

    assert clock.now() == NOON + timedelta(seconds=30)


@pytest.mark.parametrize(
    "text", ["", "soon", "Sun, 99 Mar 2026 11:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"]
)
def test_an_answer_that_tells_no_time_changes_nothing(machine: Machine, text: str) -> None:
    clock = ServiceClock(machine)
    clock.hear(dated("Sun, 01 Mar 2026 11:00:00 GMT"))

    clock.hear(dated(text))
    clock.hear(Response(200, {}, b""))

    assert clock.now() == NOON - timedelta(hours=1)


def test_the_machine_itself_is_asked_by_default() -> None:
    assert abs(ServiceClock().now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["Sun, 01 Mar 2026 11:00:00", "Sun, 01 Mar 2026 13:00:00 +0200"])
def test_every_way_to_write_the_time_is_understood(machine: Machine, text: str) -> None:
    clock = ServiceClock(machine)

    clock.hear(dated(text))

    assert clock.now().astimezone(UTC) == NOON - timedelta(hours=1)


@given(st.text())
def test_any_text_is_a_time_or_ignored(text: str) -> None:
    clock = ServiceClock(lambda: NOON)

    clock.hear(dated(text))

    assert clock.now().tzinfo is UTC
