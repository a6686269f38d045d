"""The emulator in a process of its own, and its control door."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from benchmarks import workload
from benchmarks.service import Service

CONNECTION = "AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"
SCOPE = "https://api.businesscentral.dynamics.com/.default"
SIGN_IN = {"token", "discovery"}


@dataclass(frozen=True, slots=True)
class Emulated:
    """A running emulator.

    :param connection: the Airflow connection to it, as JSON.
    :param service: the same for those who know no Airflow.
    """

    connection: str
    service: Service

    @property
    def variables(self) -> dict[str, str]:
        """What a contender finds in its environment."""
        return {CONNECTION: self.connection, **self.service.variables()}

    def forget(self) -> None:
        """Forget the requests so far."""
        httpx.delete(self._log, trust_env=False).raise_for_status()

    def requests(self) -> Counter[str]:
        """Count the requests by their kind; those that sign in are `sign-in`, the rest `api`."""
        answer = httpx.get(self._log, trust_env=False, timeout=60).raise_for_status()
        entries = answer.json()["entries"]
        return Counter("sign-in" if one["kind"] in SIGN_IN else "api" for one in entries)

    @property
    def _log(self) -> str:
        return f"{self.service.root}/_emulator/log"


@contextmanager
def emulated(rows: int, latency_ms: int, page_size: int) -> Iterator[Emulated]:
    """Serve a table from another process until the block ends.

    :param rows: of the table.
    :param latency_ms: how long every answer of the API takes.
    :param page_size: rows a page, which the contenders ask for.
    """
    command = [sys.executable, "-m", "airflow_provider_bc.emulator", "--port", "0"]
    command += [workload.ROWS_OPTION, str(rows), workload.LATENCY_OPTION, str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _described(process, page_size)
        finally:
            process.terminate()


def _described(process: subprocess.Popen[str], page_size: int) -> Emulated:
    """Read the connection that the emulator prints."""
    lines = iter(process.stdout or ())
    line = next((line for line in lines if CONNECTION in line), None)
    if line is None:
        raise RuntimeError("The emulator ended before it served; its error is above.")
    (assignment,) = shlex.split(line.removeprefix("export "))
    text = assignment.partition("=")[2]
    return Emulated(text, _service(json.loads(text), page_size))


def _service(connection: dict[str, Any], page_size: int) -> Service:
    """Say where the entity set is; the first page is asked for once, so that all find it warm."""
    root = f"{connection['host']}:{connection['port']}"
    extra = connection["extra"]
    tenant = extra["tenant_id"]
    service = Service(
        root=root,
        path=f"/v2.0/{tenant}/{extra['environment']}/api/{workload.API}",
        token_url=f"{extra['authority_host']}/{tenant}/oauth2/v2.0/token",
        client_id=connection["login"],
        client_secret=connection["password"],
        scope=SCOPE,
        api=workload.API,
        entity_set=workload.ENTITY_SET,
        page_size=page_size,
    )
    with httpx.Client(timeout=60, trust_env=False) as client:
        token = client.post(service.token_url, data=service.grant).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        answer = client.get(f"{service.url}/companies").raise_for_status().json()
        (company,) = [one["id"] for one in answer["value"] if one["name"] == extra["company"]]
        path = f"{service.path}/companies({company})/{workload.ENTITY_SET}"
        ready = replace(service, path=path)
        client.get(ready.url, headers=ready.prefer).raise_for_status()
    return ready
