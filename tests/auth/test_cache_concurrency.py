"""One sign-in, however many threads, tasks and processes want the token."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.peer import grant, refusal, token

GRANT = grant()
THREADS = 20
TASKS = 10
TAKES = 0.1


class Entra:
    """Takes a while to answer, and counts how often it is asked."""

    def __init__(self, answer: Response) -> None:
        self.asked = 0
        self._answer = answer
        self._counting = threading.Lock()

    def __call__(self, step: Request | Pause) -> tuple[float, Response | None]:
        """Say how long a step takes, and what it brings."""
        if isinstance(step, Pause):
            return step.seconds, None
        with self._counting:
            self.asked += 1
        return TAKES, self._answer


def perform(conversation: Conversation[AccessToken], entra: Entra) -> AccessToken:
    answer: Response | Lost | None = None
    try:
        while True:
            seconds, answer = entra(conversation.send(answer))
            time.sleep(seconds)
    except StopIteration as end:
        result: AccessToken = end.value
        return result


async def perform_async(conversation: Conversation[AccessToken], entra: Entra) -> AccessToken:
    answer: Response | Lost | None = None
    try:
        while True:
            seconds, answer = entra(conversation.send(answer))
            await asyncio.sleep(seconds)
    except StopIteration as end:
        result: AccessToken = end.value
        return result


def test_twenty_threads_sign_in_once() -> None:
    cache, entra = TokenCache(), Entra(token())
    together = threading.Barrier(THREADS)

    def work(_: int) -> AccessToken:
        together.wait()
        return perform(cache.acquire(GRANT, Retries()), entra)

    with ThreadPoolExecutor(THREADS) as pool:
        tokens = set(pool.map(work, range(THREADS)))

    assert entra.asked == 1
    assert len(tokens) == 1


def test_twenty_threads_hear_of_one_refusal() -> None:
    cache, entra = TokenCache(), Entra(refusal(7000215))
    together = threading.Barrier(THREADS)

    def work(_: int) -> str:
        together.wait()
        with pytest.raises(AuthenticationError) as caught:
            perform(cache.acquire(GRANT, Retries()), entra)
        return str(caught.value)

    with ThreadPoolExecutor(THREADS) as pool:
        said = set(pool.map(work, range(THREADS)))

    assert entra.asked == 1
    assert len(said) == 1


def test_threads_and_the_tasks_of_a_loop_sign_in_once_together() -> None:
    cache, entra = TokenCache(), Entra(token())
    together = threading.Barrier(THREADS + 1)

    def work(_: int) -> AccessToken:
        together.wait()
        return perform(cache.acquire(GRANT, Retries()), entra)

    async def tasks() -> list[AccessToken]:
        together.wait()
        return await asyncio.gather(
            *(perform_async(cache.acquire(GRANT, Retries()), entra) for _ in range(TASKS))
        )

    with ThreadPoolExecutor(THREADS) as pool:
        threads = [pool.submit(work, number) for number in range(THREADS)]
        tokens = {*asyncio.run(tasks()), *(thread.result() for thread in threads)}

    assert entra.asked == 1
    assert len(tokens) == 1


def test_a_cancelled_task_passes_the_sign_in_on() -> None:
    cache, entra = TokenCache(), Entra(token())

    async def scene() -> AccessToken:
        first = cache.acquire(GRANT, Retries())
        signing_in = asyncio.create_task(perform_async(first, entra))
        waiting = asyncio.create_task(perform_async(cache.acquire(GRANT, Retries()), entra))
        await asyncio.sleep(TAKES / 2)
        signing_in.cancel()
        await asyncio.gather(signing_in, return_exceptions=True)
        first.close()
        return await waiting

    assert asyncio.run(scene()).bearer() == "Bearer token-1"
    assert entra.asked == 2


FORK = """
import os, sys
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.wire import Pause, Request
from tests.peer import Peer, grant, token

cache = TokenCache()
of_the_parent = cache.acquire(grant(), Retries())
assert isinstance(next(of_the_parent), Request)
if child := os.fork():
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
"""
WAITS_FOR_NOBODY = """
peer = Peer(token("of-the-child"))
got = peer.converse(cache.acquire(grant(), Retries()))
assert got.bearer() == "Bearer of-the-child"
assert peer.pauses == []
"""
SIGNS_IN_ONCE = """
first, second = cache.acquire(grant(), Retries()), cache.acquire(grant(), Retries())
assert isinstance(next(first), Request)
of_the_parent.close()
assert isinstance(next(second), Pause)
"""


@pytest.mark.parametrize("in_the_child", [WAITS_FOR_NOBODY, SIGNS_IN_ONCE])
def test_a_forked_child_has_nothing_to_do_with_a_sign_in_of_its_parent(in_the_child: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FORK + in_the_child],
        timeout=30,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
