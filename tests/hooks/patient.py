"""A connection to be examined: changed in places, its every word searched for secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.diagnosis.result import Result
from airflow_provider_bc.hooks.diagnosis.run import works
from tests.live.hunt import Hunt

Results = dict[str, Result]


@contextmanager
def patient(server: Server, **changes: Any) -> Iterator[str]:
    """Name a connection to an emulator, some of its fields changed."""
    connection = json.loads(server.connection_json)
    for name, value in changes.items():
        (connection if name in connection else connection["extra"])[name] = value
    conn_id = f"bc_{uuid4().hex}"
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    os.environ[variable] = json.dumps(connection)
    try:
        yield conn_id
    finally:
        del os.environ[variable]


def examine(server: Server, entity_set: str = "customers", **changes: Any) -> Results:
    """Examine a connection; nothing that is said may hold a secret."""
    with patient(server, **changes) as conn_id, BusinessCentralHook(conn_id) as hook:
        results = list(hook.diagnose(entity_set))
    assert secrets_in(server, json.dumps([one.as_dict() for one in results]), **changes) == []
    return {one.name: one for one in results}


def secrets_in(server: Server, said: str, **changes: Any) -> list[str]:
    """Find the secrets in a text, and the tokens that were issued."""
    secrets = {"the secret": server.emulator.client_secret}
    if changes.get("password"):
        secrets["its own secret"] = changes["password"]
    for number, one in enumerate(server.emulator.authority.grants.issued):
        secrets[f"{one.kind} {number}"] = one.value
    return Hunt(secrets).in_bytes("said", said.encode())


def states(results: Results) -> str:
    """Write the states in one word: g, n, r, and - for grey."""
    marks = {"green": "g", "note": "n", "red": "r", "grey": "-"}
    return "".join(marks[one.state] for one in results.values())


def data_can_be_read(results: Results) -> bool:
    return works(list(results.values()))
