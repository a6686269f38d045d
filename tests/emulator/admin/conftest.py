"""An administrator's view of an emulator in memory, whose time stands still."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, VirtualClock
from airflow_provider_bc.wire import Request, Response
from tests.emulator.witnesses import code_of, redeem_code

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "https://api.test"
SCOPE = "https://api.businesscentral.dynamics.com/.default"


class Told(NamedTuple):
    """An answer."""

    status: int
    json: Any
    headers: Mapping[str, str]


class InMemory(httpx.BaseTransport):
    """Leads httpx to an emulator without a socket."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = Request(request.method, str(request.url), dict(request.headers), request.read())
        answer = self.emulator.handle(sent)
        assert isinstance(answer, Response)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class Administrator:
    """Someone who calls the admin center as an app."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.version = "v2.29"
        self.bearer = self.token()

    def token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.emulator.client_id,
            "client_secret": self.emulator.client_secret,
            "scope": SCOPE,
        }
        kind = {"content-type": "application/x-www-form-urlencoded"}
        url = f"{ORIGIN}/{self.emulator.tenant_id}/oauth2/v2.0/token"
        answer = self.emulator.handle(Request("POST", url, kind, urlencode(form).encode()))
        assert isinstance(answer, Response)
        token: str = json.loads(answer.body)["access_token"]
        return token

    def become(self, upn: str) -> None:
        """Go on as a person who signs in."""
        self.emulator.auto_approve(upn)
        with httpx.Client(transport=InMemory(self.emulator), base_url=ORIGIN) as http:
            code = code_of(http, self.emulator)
            self.bearer = redeem_code(http, self.emulator, code).json()["access_token"]

    def send(
        self, method: str, path: str, body: Any = None, content: bytes = b"", kind: str = ""
    ) -> Told:
        """Send to any path; a body becomes JSON."""
        headers = {"authorization": f"Bearer {self.bearer}"}
        if body is not None:
            content, kind = json.dumps(body).encode(), "application/json"
        if kind:
            headers["content-type"] = kind
        answer = self.emulator.handle(Request(method, f"{ORIGIN}{path}", headers, content))
        assert isinstance(answer, Response)
        read = json.loads(answer.body) if answer.body else None
        return Told(answer.status, read, answer.headers)

    def ask(self, method: str, path: str, body: Any = None) -> Told:
        """Send to a path of the admin center."""
        return self.send(method, f"/admin/{self.version}{path}", body)

    def at(self, method: str, tail: str, body: Any = None) -> Told:
        """Send to an environment, or to something in it."""
        return self.ask(method, f"/applications/BusinessCentral/environments/{tail}", body)

    def data(self, environment: str, tail: str = "companies") -> Told:
        """Read from the data plane."""
        return self.send("GET", f"/v2.0/{environment}/api/v2.0/{tail}")

    def wait(self, steps: float = 1) -> None:
        """Let as much time pass as an operation takes for so many steps."""
        self.emulator.clock.advance(steps * self.emulator.operation_seconds)

    def refused(self, told: Told) -> tuple[int, str]:
        """Read a refusal."""
        assert set(told.json) >= {"code", "message"}
        return told.status, told.json["code"]

    def operation(self, number: str) -> dict[str, Any]:
        """Read an operation."""
        told = self.ask("GET", f"/environments/operations/{number}")
        assert told.status == 200
        found: dict[str, Any] = told.json
        return found

    def status(self, name: str) -> str:
        """Read an environment's status."""
        found: str = self.at("GET", name).json["status"]
        return found

    def create(self, name: str, kind: str = "Sandbox", **more: Any) -> Told:
        """Ask for a new environment."""
        return self.at("PUT", name, {"environmentType": kind, "countryCode": "US"} | more)

    def have(self, name: str, kind: str = "Sandbox") -> None:
        """Make an environment and wait for it."""
        told = self.at("POST", "Production/copy", {"environmentName": name, "type": kind})
        assert told.status == 202, told
        self.wait(3)
        assert self.status(name) == "Active"


@pytest.fixture
def admin() -> Administrator:
    emulator = Emulator(20, VirtualClock(), 100_000_000, limits=False)
    return Administrator(emulator)
