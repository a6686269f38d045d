from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.pace import Pace, Paces
from airflow_provider_bc.wire import Pause
from tests.peer import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def step(entering: Generator[Pause, object, int]) -> Pause | int:
    """Give the next pause, or the slot."""
    try:
        return next(entering)
    except StopIteration as end:
        slot: int = end.value
        return slot


def enter(pace: Pace) -> int:
    slot = step(pace.enter())
    assert isinstance(slot, int)
    return slot


def test_as_many_as_allowed_are_under_way_and_the_next_waits_for_a_slot(clock: HandClock) -> None:
    pace = Pace(concurrent=2, clock=clock)
    slots = [enter(pace), enter(pace)]
    third = pace.enter()

    pause = step(third)
    assert isinstance(pause, Pause)
    assert "as many requests are under way" in pause.reason
    assert isinstance(step(third), Pause)
    pace.leave(slots[0])
    assert step(third) == slots[0]


def test_the_window_opens_when_its_oldest_request_is_past(clock: HandClock) -> None:
    pace = Pace(rate=103, window=60, clock=clock)
    for _ in range(3):
        pace.leave(enter(pace))
        clock.now += 10

    entering = pace.enter()
    pause = step(entering)
    assert isinstance(pause, Pause)
    assert (pause.seconds, pause.reason) == (30, "3 requests were made within 60 s")
    clock.now += 29.9
    assert isinstance(step(entering), Pause)
    clock.now += 0.1
    assert isinstance(step(entering), int)
    assert isinstance(step(pace.enter()), Pause)


def test_business_central_serves_an_app_five_at_once_and_6000_in_five_minutes(
    clock: HandClock,
) -> None:
    pace = Pace(clock=clock)
    assert sorted(enter(pace) for _ in range(5)) == [0, 1, 2, 3, 4]
    assert isinstance(step(pace.enter()), Pause)
    for slot in range(5):
        pace.leave(slot)
    for _ in range(5_895):
        pace.leave(enter(pace))

    pause = step(pace.enter())
    assert isinstance(pause, Pause)
    assert (pause.seconds, pause.reason) == (300, "5900 requests were made within 300 s")


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_window_ever_holds_more_than_the_rate(gaps: list[float]) -> None:
    clock = HandClock()
    pace = Pace(concurrent=1, rate=105, window=30, clock=clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        entering = pace.enter()
        while isinstance(slot := step(entering), Pause):
            clock.now += slot.seconds
        pace.leave(slot)
        sent.append(clock.now)

    for first, sixth in zip(sent, sent[5:], strict=False):
        assert sixth - first >= 30 - 1e-6


def test_one_who_gives_up_waiting_holds_nothing() -> None:
    pace = Pace(concurrent=1)
    slot = enter(pace)
    for _ in range(10):
        abandoned = pace.enter()
        assert isinstance(step(abandoned), Pause)
        abandoned.close()  # as by a task that is killed
    pace.leave(slot)

    assert enter(pace) == slot


def test_a_tiny_rate_still_lets_one_request_through(clock: HandClock) -> None:
    pace = Pace(rate=1, window=1, clock=clock)
    pace.leave(enter(pace))

    assert isinstance(step(pace.enter()), Pause)
    clock.now += 1
    enter(pace)


def test_a_pause_is_never_nothing(clock: HandClock) -> None:
    pace = Pace(rate=1, window=0.0005, clock=clock)
    pace.leave(enter(pace))
    clock.now += 0.0004

    pause = step(pace.enter())
    assert isinstance(pause, Pause)
    assert pause.seconds == 0.001


def test_threads_together_keep_the_limit() -> None:
    pace = Pace(concurrent=3, rate=1_000_000)
    under_way: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(200):
            entering: Any = pace.enter()
            while isinstance(slot := step(entering), Pause):
                pass
            under_way.append(slot)
            most.append(len(under_way))
            under_way.remove(slot)
            pace.leave(slot)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) <= 3
    assert sorted(enter(pace) for _ in range(3)) == [0, 1, 2]


def test_each_app_has_a_pace_of_its_own() -> None:
    paces = Paces()

    assert paces.of("tenant", "app") is paces.of("tenant", "app")
    assert paces.of("tenant", "app") is not paces.of("tenant", "other")


FORK = """
import os
from airflow_provider_bc.pace import Paces

paces = Paces()
mine = paces.of("tenant", "app")
if child := os.fork():
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    os._exit(7 if paces.of("tenant", "app") is not mine else 0)
"""


def test_a_forked_process_begins_a_pace_of_its_own() -> None:
    said = subprocess.check_output([sys.executable, "-c", FORK], text=True)

    assert said.strip() == "7"
