"""Airflow's own API server app on a real socket, and those who visit it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import uvicorn
from fastapi import FastAPI

from airflow_provider_bc.plugins import PREFIX
from devtools.live import HOST

ROLES = {"ada": "admin", "olga": "op", "vera": "viewer"}
PASSWORDS = {name: f"password of {name}" for name in ROLES}


class Visitor(httpx.Client):
    """A browser without scripts, at our page."""

    def form(self, conn_id: str) -> str:
        """The hidden text of the forms on a connection's page."""
        found = re.search(r'name="form" value="([^"]+)"', self.get(f"/connections/{conn_id}").text)
        assert found, "there is no form on the page"
        return found[1]

    def press(self, conn_id: str, action: str, **headers: str) -> httpx.Response:
        """Press Check or Connect."""
        body = {"form": self.form(conn_id)}
        return self.post(f"/connections/{conn_id}/{action}", data=body, headers=headers)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where an answer sends the browser."""
        return self.get(answer.url.join(answer.headers["location"]))

    def leave(self, conn_id: str) -> str:
        """Press Connect; return where the browser is sent."""
        answer = self.press(conn_id, "connect")
        assert answer.status_code == 200, answer.text
        seconds, _, url = answer.headers["refresh"].partition("; url=")
        assert seconds == "0"
        return url

    def sign_in(self, conn_id: str) -> str:
        """Press Connect and sign in at once; return where Microsoft sends the browser."""
        return httpx.get(self.leave(conn_id), trust_env=False).headers["location"]


@dataclass(frozen=True)
class Site:
    """A running API server.

    :param url: its address, which is also ``[api] base_url``.
    """

    url: str

    @property
    def callback(self) -> str:
        return f"{self.url}{PREFIX}/callback"

    @contextmanager
    def visitor(self, name: str | None = None) -> Iterator[Visitor]:
        """Visit as one of Airflow's users, or as nobody."""
        with Visitor(base_url=f"{self.url}{PREFIX}", trust_env=False, timeout=60) as visitor:
            if name:
                body = {"username": name, "password": PASSWORDS[name]}
                answer = visitor.post(f"{self.url}/auth/token", json=body)
                host = urlsplit(self.url).hostname or ""
                visitor.cookies.set("_token", answer.json()["access_token"], domain=host)
            yield visitor


@contextmanager
def running(app: FastAPI, port: int) -> Iterator[None]:
    """Run an app on this machine while the block runs."""
    server = uvicorn.Server(
        uvicorn.Config(app, host=HOST, port=port, log_level="warning", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the API server does not start"
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
