"""Loads in processes of their own, to be killed: one forks for every job that a line of JSON names.

The first process only imports what a load needs, so that a job begins within milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import BusinessCentralError, Conflict
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.sync.policy import Policy
from airflow_provider_bc.transfers.entity_set_load import load_entity_set
from airflow_provider_bc.transfers.entity_set_read import EntitySetRead
from tests.destinations import DESTINATIONS

PAGE = 50


@dataclass(frozen=True)
class Ended:
    """How a load ended.

    :param kind: of the report; None for a load that failed or was killed.
    :param error: what it failed with; None for one that did not fail, or was killed.
    """

    kind: str | None
    error: str | None

    @property
    def killed(self) -> bool:
        return self.kind is None and self.error is None


class Loader:
    """The first process; it carries out one job after another.

    :param module: which says what a job is.
    """

    def __init__(self, module: str = __name__) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pid = 0

    def begin(self, **job: Any) -> None:
        """Begin a load; see `carry_out` for what a job says."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self._pid = self._hear()["begun"]

    def kill(self) -> None:
        """Kill the load, wherever it is; one that has ended is left alone."""
        os.kill(self._process.pid, signal.SIGUSR1)

    def wait(self) -> Ended:
        """Wait for the end of the load."""
        said: dict[str, Any] = {}
        while "ended" not in said:
            said |= self._hear()
        return Ended(said.get("kind"), said.get("error"))

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = next(line for line in self._process.stdout if line.startswith("{"))  # no log line
        said: dict[str, Any] = json.loads(line)
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def say(**words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def carry_out(job: dict[str, Any]) -> None:
    """Load an entity set from the connection into the place that the job names."""
    connection = job["connection"]
    settings = Settings.from_connection(
        login=connection["login"],
        password=connection["password"],
        host=connection["host"],
        port=connection["port"],
        extra=connection["extra"],
    )
    every = job.get("sweep_every")
    policy = Policy(
        lag=timedelta(0), sweep_every=None if every is None else timedelta(seconds=every)
    )
    store = DESTINATIONS[job["kind"]](job["kind"], job["url"]).store(**job.get("options", {}))
    with Client(settings, TokenCache(), Retries(base=0.01)) as client:
        read = EntitySetRead(client, job["entity_set"], page_size=PAGE)
        loaded = load_entity_set(
            read,
            store,
            job.get("mode", "incremental"),
            policy=policy,
            say=lambda _: None,
            resume_key=job["resume_key"],
        )
    say(kind=loaded.report.kind)


def attempt(work: Callable[[dict[str, Any]], None], job: dict[str, Any]) -> int:
    try:
        work(job)
    except Conflict:
        say(error="Conflict")
    except BusinessCentralError as error:
        say(error=f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a test says which are expected
        say(error=f"{type(error).__name__}: {error}")
    return 0


def main(work: Callable[[dict[str, Any]], None] = carry_out) -> None:
    child = 0

    def kill(*_: object) -> None:
        if child:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGUSR1, kill)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            os._exit(attempt(work, json.loads(line)))
        say(begun=child)
        os.waitpid(child, 0)
        child = 0
        say(ended=True)


if __name__ == "__main__":
    main()
