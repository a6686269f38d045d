"""Real processes over one store: one sign-in for all, and none that a kill can spoil."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.auth.authorization_code import begin, read_callback, redeem
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import user_of
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Request, Response

PROCESSES = 20
KILLS = 25

# Python and its modules are started once; the processes are forks, as Airflow's tasks are.
START = """
import json, os, random, signal, sys, time
from pathlib import Path
from cryptography.fernet import Fernet
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import grant_of
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.client import Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.settings import Settings

given = json.load(sys.stdin)
settings = Settings.from_connection(**given["connection"])
grant = grant_of(settings, "bc")

def tokens():
    return TokenCache(store=TokenStore(Path(given["folder"]), Fernet(given["key"])))

def client(cache):
    return Client(settings, cache, Retries(base=0.01), connections={"bc": settings})
"""
TOGETHER = """
ready, go = os.pipe()
children = []
for _ in range(given["processes"]):
    child = os.fork()
    if not child:
        os.close(go)
        os.read(ready, 1)  # until the parent closes its end
        with client(tokens()) as one:
            os._exit(0 if one.companies() else 1)
    children.append(child)
os.close(go)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
KILLED = """
random.seed(given["seed"])
for _ in range(given["kills"]):
    said, say = os.pipe()
    child = os.fork()
    if not child:
        cache = tokens()
        with client(cache) as one:
            while True:
                cache.forget(grant, one.perform(cache.acquire(grant, Retries())))
                os.write(say, b".")
    os.close(say)
    assert os.read(said, 1) + os.read(said, 1) == b".."  # the first one may be of the store
    time.sleep(random.uniform(0.002, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(said)
    cache = tokens()
    with client(cache) as one:
        cache.forget(grant, one.perform(cache.acquire(grant, Retries())))
        one.perform(cache.acquire(grant, Retries()))
        assert one.companies()
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Emulator(limits=False)) as server:
        yield server


def connection(server: Server, **extra: str) -> dict[str, object]:
    """Give the arguments of `Settings.from_connection`."""
    given = {name: one for name, one in server.connection.items() if name != "conn_type"}
    return {**given, "extra": {**given["extra"], **extra}}


def run(script: str, **given: object) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START + script],
        input=json.dumps(given),
        timeout=120,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_twenty_processes_sign_in_once(server: Server, tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    folder = tmp_path / "tokens"

    run(
        TOGETHER,
        connection=connection(server),
        folder=str(folder),
        key=key,
        processes=PROCESSES,
    )

    assert server.emulator.log.count(kind="token") == 1
    assert server.emulator.log.count(kind="data") == PROCESSES
    for file in folder.iterdir():
        content = file.read_bytes()
        assert b"eyJhbGciOi" not in content
        assert server.emulator.client_secret.encode() not in content


def test_a_refresh_that_is_killed_at_any_moment_loses_nothing(
    server: Server, tmp_path: Path
) -> None:
    given = connection(server, grant_type="authorization_code")
    settings = Settings.from_connection(**given)  # type: ignore[arg-type]
    key, folder = Fernet.generate_key(), tmp_path / "tokens"
    sign_in_once(server, settings, TokenStore(folder, Fernet(key)))

    run(
        KILLED,
        connection=given,
        folder=str(folder),
        key=key.decode(),
        kills=KILLS,
        seed=20,
    )

    assert server.emulator.log.count(kind="token") >= 2 * KILLS
    assert len([*folder.glob("*.token")]) == 1


def sign_in_once(server: Server, settings: Settings, store: TokenStore) -> None:
    """Sign a person in, and keep the refresh token."""
    server.emulator.directory.auto_approval = AutoApproval(USER)
    cache, user = TokenCache(store=store), user_of(settings, "bc")
    begun = begin(user, "http://localhost:8400/callback")
    answer = server.emulator.handle(Request("GET", begun.url))
    assert isinstance(answer, Response)
    code = read_callback(answer.headers["location"], begun)
    with Client(settings, cache, connections={"bc": settings}) as client:
        granted = client.perform(redeem(user, begun, code, Retries()))
        client.perform(cache.keep(user, granted))
