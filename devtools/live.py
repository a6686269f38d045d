"""A real Airflow in a throw-away home: its variables, its start, and an end that leaves nothing.

`airflow standalone` ends cleanly only when Ctrl-C reaches its parent alone: SIGTERM orphans the
scheduler, and a SIGINT to the whole group can hang. So it runs in a session of its own, and what
is left after half a minute is killed by the ids that were recorded before.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

HOST = "127.0.0.1"
START_SECONDS = 600
STOP_SECONDS = 30
POOL, POOL_SLOTS = "business_central", 5
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class NotHealthy(RuntimeError):
    """Airflow did not come up: the text holds the end of its log."""


def free_ports(count: int) -> list[int]:
    """Find ports that nobody uses, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


def variables(
    home: Path, dags: Path, connections: Mapping[str, Mapping[str, object]]
) -> dict[str, str]:
    """Describe a quiet, quick Airflow that knows only its home, these DAGs and connections.

    Everyone is its administrator, so it listens on this machine only.
    """
    port, triggers, workers = free_ports(3)
    url = f"http://{HOST}:{port}"
    config = {
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__TEST_CONNECTION": "Enabled",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__SECRET_KEY": secrets.token_hex(64),
        "API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(triggers),
        "LOGGING__WORKER_LOG_SERVER_PORT": str(workers),
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
        "WORKERS__EXECUTION_API_TIMEOUT": "60",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    }
    own = {f"AIRFLOW__{name}": value for name, value in config.items()}
    ready = {f"AIRFLOW_CONN_{name.upper()}": json.dumps(it) for name, it in connections.items()}
    outer = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW_")}
    return outer | own | ready | {"AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore"}


def healthy(url: str) -> bool:
    """Tell whether every part of that Airflow says it is well."""
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310 - our own http URL
            parts = json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return False
    return all(parts.get(part, {}).get("status") == "healthy" for part in PARTS)


def await_health(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until Airflow is well.

    :raises NotHealthy: it ended, or was not well in time.
    """
    end = time.monotonic() + START_SECONDS
    while not healthy(url):
        if process.poll() is not None or time.monotonic() > end:
            what = f"ended with {process.returncode}" if process.returncode else "is not healthy"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise NotHealthy(
                f"Airflow {what} after at most {START_SECONDS} s. Its log ends:\n{tail}"
            )
        time.sleep(0.5)


def make_pool(url: str) -> None:
    """Make the pool of five slots that the documentation recommends, and examples use.

    https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/pools.html
    """
    with urllib.request.urlopen(f"{url}/auth/token", timeout=30) as answer:  # noqa: S310 - our own http URL
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(  # noqa: S310 - the same
        f"{url}/api/v2/pools",
        json.dumps({"name": POOL, "slots": POOL_SLOTS, "description": "Business Central"}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - the same


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the parent as Ctrl-C would, then kill what it left behind."""
    children = _children(process)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        children = [*{*children, *_children(process)}]
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(children, timeout=2)
    for child in left:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=5)


def _children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def standalone(environment: Mapping[str, str]) -> Iterator[str]:
    """Run `airflow standalone` with these variables while the block runs; yield its URL."""
    home = Path(environment["AIRFLOW_HOME"])
    url = environment["AIRFLOW__API__BASE_URL"]
    log = home / "standalone.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["airflow", "standalone"],
            env=dict(environment),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # An ignored Ctrl-C, as behind nohup, is inherited: this Airflow could not be ended.
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - one system call, before exec
        )
        try:
            await_health(process, url, log)
            make_pool(url)
            yield url
        finally:
            stop(process)
