"""A running emulator whose time stands still, and a plain HTTP client that is signed in."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_bc.emulator import Server

SCOPE = "https://api.businesscentral.dynamics.com/.default"
API = "/v2.0/Production/api/v2.0"


def sign_in(http: httpx.Client, emulator: Emulator, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": SCOPE,
    }
    fields = {name: value for name, value in (form | changes).items() if value != "-"}
    return http.post(f"/{emulator.tenant_id}/oauth2/v2.0/token", data=fields)


class Client:
    """CRONUS, seen by a client that is signed in."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.emulator = server.emulator
        self.company = server.emulator.companies[0]
        verify = server.ca_file is None
        self.http = httpx.Client(base_url=server.url, verify=verify, timeout=20)
        self.sign_in()

    def sign_in(self) -> None:
        token = sign_in(self.http, self.emulator).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def path(self, tail: str) -> str:
        return f"{API}/companies({self.company.id})/{tail}"

    def get(self, tail: str, headers: Mapping[str, str] | None = None, /, **options: str) -> Any:
        params = {f"${name}": value for name, value in options.items()}
        return self.http.get(self.path(tail), params=params or None, headers=headers)

    def values(self, tail: str, **options: str) -> list[dict[str, Any]]:
        answer = self.get(tail, **options)
        assert answer.status_code == 200, answer.text
        value: list[dict[str, Any]] = answer.json()["value"]
        return value

    def walk(self, tail: str, size: int, **options: str) -> list[list[dict[str, Any]]]:
        prefer = {"Prefer": f"odata.maxpagesize={size}"}
        answer = self.get(tail, prefer, **options)
        pages = []
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            pages.append(page["value"])
            if "@odata.nextLink" not in page:
                return pages
            answer = self.http.get(page["@odata.nextLink"], headers=prefer)

    def error(self, answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=VirtualClock())


@pytest.fixture
def server(emulator: Emulator) -> Iterator[Server]:
    with serve(emulator) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = Client(server)
    with closing(made.http):
        yield made


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """One server for the tests that only read."""
    with serve(Emulator(clock=VirtualClock(), limits=False)) as running:
        made = Client(running)
        with closing(made.http):
            yield made
