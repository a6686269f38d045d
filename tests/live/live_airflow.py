"""A running Airflow, as its user meets it (commands, REST) and as a burglar would (rows, files)."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from cryptography.fernet import Fernet

T = TypeVar("T")

PATIENCE = 600.0
ENDED = ("success", "failed")


def wait_for(what: str, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"After {seconds:.0f} s still not there: {what}.")


def processes_of(home: Path) -> list[psutil.Process]:
    """Find every process of the Airflow with this home, orphans as well."""
    return [one for one in psutil.process_iter() if _home_of(one) == str(home)]


def _home_of(process: psutil.Process) -> str | None:
    try:
        found: str | None = process.environ().get("AIRFLOW_HOME")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return found


class LiveAirflow:
    """A running Airflow.

    :param environment: its variables, with which commands run too.
    :param url: of its web page and API.
    """

    def __init__(self, environment: Mapping[str, str], url: str) -> None:
        self.environment = dict(environment)
        self.url = url
        self.home = Path(environment["AIRFLOW_HOME"])
        self.fernet = Fernet(environment["AIRFLOW__CORE__FERNET_KEY"])
        self.said: list[str] = []
        token = httpx.get(f"{url}/auth/token", timeout=60).json()["access_token"]
        self._signed = {"Authorization": f"Bearer {token}"}

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `airflow …` as a person does in a shell beside it."""
        done = subprocess.run(
            ["airflow", *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        return done

    def seconds_until(self, said: str, *arguments: str) -> Callable[[float], float]:
        """Run `airflow …`, and measure up to when it says something."""
        told: list[float] = []
        with subprocess.Popen(
            ["airflow", *arguments],
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            cwd=self.home,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                self.said.append(line)
                told += [time.monotonic()] if said in line else []
        assert told, f"never said: {said}"
        return lambda start: told[0] - start

    def call(self, method: str, path: str, json: Any = None) -> Any:
        """Call the public REST API."""
        answer = httpx.request(
            method, f"{self.url}/api/v2/{path}", json=json, headers=self._signed, timeout=60
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        self.said.append(answer.text)
        return answer.json()

    def add_connection(self, connection_id: str, connection: Mapping[str, Any]) -> None:
        """Store a connection through the REST API, as the page does."""
        self.call("POST", "connections", {"connection_id": connection_id, **connection})

    def test_connection(self, connection_id: str) -> tuple[bool, str]:
        """Test a stored connection as the page's button does, the secret left masked."""
        stored = self.call("GET", f"connections/{connection_id}")
        said = self.call("POST", "connections/test", stored)
        return said["status"], said["message"]

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run, as soon as the DAG processor has read the file; return its path."""
        wait_for(f"the DAG {dag_id}", lambda: self._dag_is_known(dag_id))
        body = {"logical_date": None, "conf": dict(conf or {})}
        run = self.call("POST", f"dags/{dag_id}/dagRuns", body)
        return f"dags/{dag_id}/dagRuns/{run['dag_run_id']}"

    def end_of(self, run: str) -> str:
        """Wait for the end of a run, and return its state: success, or else the tests end here."""
        ended = wait_for(f"the end of {run}", lambda: self.ended(run))
        assert ended["state"] == "success", f"{run} failed:\n{self.errors_of(run)}"
        return str(ended["state"])

    def goes_on(self, run: str) -> bool:
        """Check that a run did not end before it was expected to."""
        assert self.ended(run) is None, f"{run} has ended too early:\n{self.errors_of(run)}"
        return True

    def errors_of(self, run: str) -> str:
        """Gather the errors that the tasks of a run logged."""
        logs = self.home.glob(f"logs/dag_id=*/run_id={run.rpartition('/')[2]}/**/*.log")
        lines = [line for log in logs for line in log.read_text().splitlines()]
        return "\n".join(line for line in lines if '"level":"error"' in line)

    def tasks(self, run: str) -> list[dict[str, Any]]:
        """List the task instances of a run, a mapped one once for each index."""
        found: list[dict[str, Any]] = self.call("GET", f"{run}/taskInstances")["task_instances"]
        return found

    def result(self, run: str, task_id: str, map_index: int = -1) -> Any:
        """Read what a task returned, from XCom."""
        path = f"{run}/taskInstances/{task_id}/xcomEntries/return_value?map_index={map_index}"
        return self.call("GET", path)["value"]

    def question(self, run: str, task_id: str) -> dict[str, Any]:
        """Wait until a task asks a person, and read what it asks."""
        path = f"{run}/taskInstances/{task_id}/-1/hitlDetails"

        def asked() -> dict[str, Any] | None:
            states = {task["task_id"]: task["state"] for task in self.tasks(run)}
            waits = self.goes_on(run) and states[task_id] in ("awaiting_input", "deferred")
            return self.call("GET", path) if waits else None

        return wait_for(f"a question of {task_id}", asked)

    def answer(self, run: str, task_id: str, option: str) -> None:
        """Answer a task as a person does under Required Actions."""
        path = f"{run}/taskInstances/{task_id}/-1/hitlDetails"
        self.call("PATCH", path, {"chosen_options": [option]})

    def links(self, run: str, task_id: str) -> dict[str, str | None]:
        """Read the links of a task, as its page does."""
        found = self.call("GET", f"{run}/taskInstances/{task_id}/links")
        links: dict[str, str | None] = found["extra_links"]
        return links

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Read its database from outside, as a burglar with the file would."""
        path = f"file:{self.home / 'airflow.db'}?mode=ro"
        with closing(sqlite3.connect(path, uri=True, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]

    def cells(self) -> Iterator[tuple[str, str, bytes]]:
        """Read every cell of every table: table, column and bytes."""
        for table in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            name = table["name"]
            for row in self.rows(f'SELECT * FROM "{name}"'):
                for column, value in row.items():
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield name, column, data

    def _dag_is_known(self, dag_id: str) -> bool:
        known = self.call("GET", "dags")["dags"]
        return any(dag["dag_id"] == dag_id for dag in known)

    def ended(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.call("GET", run)
        return found if found["state"] in ENDED else None
