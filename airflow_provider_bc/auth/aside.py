"""Run what blocks beside a conversation, so that no event loop stands still meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.wire import Pause

T = TypeVar("T")

_LOOK_AGAIN = 0.02


def aside(work: Callable[[], T], reason: str) -> Conversation[T]:
    """Run a function in a thread of its own.

    :param work: what to run; it may block.
    :param reason: what is waited for, for the log.
    :return: its result.
    :raises BaseException: what it raised.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is wanted
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="business-central-credential")
    thread.start()
    while thread.is_alive():
        yield Pause(_LOOK_AGAIN, reason)
    if errors:
        raise errors[0]
    return results[0]
