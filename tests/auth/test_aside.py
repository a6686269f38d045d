from __future__ import annotations

import threading

import pytest

from airflow_provider_bc.auth.aside import aside
from airflow_provider_bc.wire import Pause
from tests.peer import Peer


def test_work_goes_on_while_the_conversation_pauses() -> None:
    may_end = threading.Event()
    conversation = aside(lambda: may_end.wait(30) and "done", "a reason")

    pause = next(conversation)
    assert isinstance(pause, Pause)
    assert (pause.reason, pause.seconds < 1) == ("a reason", True)
    may_end.set()

    assert Peer().converse(conversation) == "done"


def test_what_the_work_raises_is_raised() -> None:
    conversation = aside(lambda: 1 // 0, "a reason")

    with pytest.raises(ZeroDivisionError):
        Peer().converse(conversation)
