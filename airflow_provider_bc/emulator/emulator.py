"""Entra and Business Central as a function from `Request` to `Response`."""

from __future__ import annotations

from email.utils import formatdate
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

from airflow_provider_bc.emulator import control
from airflow_provider_bc.emulator.admin.environment import TenantEnvironment
from airflow_provider_bc.emulator.admin.service import PREFIX as ADMIN
from airflow_provider_bc.emulator.admin.service import AdminCenter
from airflow_provider_bc.emulator.admin.tenant import Tenant
from airflow_provider_bc.emulator.answer import Answer
from airflow_provider_bc.emulator.background import Background
from airflow_provider_bc.emulator.bc.authorization import AppRecord, Gate
from airflow_provider_bc.emulator.bc.service import BusinessCentral
from airflow_provider_bc.emulator.business_day import Changes, work_a_day
from airflow_provider_bc.emulator.clock import Clock, SystemClock
from airflow_provider_bc.emulator.cronus.companies import companies as found
from airflow_provider_bc.emulator.cronus.companies import fresh
from airflow_provider_bc.emulator.entra.authority import Authority
from airflow_provider_bc.emulator.entra.defaults import (
    CLIENT_ID,
    CLIENT_SECRET,
    MANAGED_IDENTITY_ID,
    TENANT_ID,
    tenant,
)
from airflow_provider_bc.emulator.entra.directory import AutoApproval, Directory
from airflow_provider_bc.emulator.entra.managed_identity import (
    APP_SERVICE,
    MACHINE,
    ManagedIdentityEndpoint,
)
from airflow_provider_bc.emulator.entra.service import Entra, entra_kind
from airflow_provider_bc.emulator.entra.token_endpoint import grant_of
from airflow_provider_bc.emulator.entra.tokens import TokenIssuer
from airflow_provider_bc.emulator.faults.script import Fault, FaultScript
from airflow_provider_bc.emulator.faults.stand_in import stand_in
from airflow_provider_bc.emulator.faults.tamper import tamper
from airflow_provider_bc.emulator.limits import Limits
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.received import SHOWN_HEADERS, Entry, Log
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.operations import Operations
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.wire import Lost, Request

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "TENANT_ID", "Emulator", "kind_of"]

_REFUSED = 300
_AFTER_WORK = 300.0  # seconds


class Emulator:
    """A tenant with one app registration and one environment with two companies or more.

    :param ledger_entries: how many general ledger entries CRONUS has, up to 1,000,000 and more.
    :param clock: the time; the machine's by default.
    :param token_lifetime: seconds an access token lives.
    :param page_latency: seconds every answer of the data plane takes over a socket.
    :param limits: whether the operational limits are enforced.
    :param companies: how many companies there are; all but the first two are small.
    :param wide_entries: how many entries `wideLedgerEntries` of CRONUS has, a million and more.
    :param client_secret: the app's secret; by default one that no other emulator has, so that no
        cached token is taken for this one's when a port comes back.
    """

    def __init__(
        self,
        ledger_entries: int = 2000,
        clock: Clock | None = None,
        token_lifetime: int = 3599,
        page_latency: float = 0.0,
        *,
        limits: bool = True,
        companies: int = 2,
        wide_entries: int = 0,
        client_secret: str | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.tenant_id, self.environment = TENANT_ID, "Production"
        self.page_latency = page_latency
        self.directory = tenant(client_secret or f"{CLIENT_SECRET}{uuid4()}")
        self.application = self.directory.applications[0]
        self.directories: list[Directory] = [self.directory]
        self.app_records = {CLIENT_ID: AppRecord(), MANAGED_IDENTITY_ID: AppRecord()}
        self.admin_center_apps = {CLIENT_ID, MANAGED_IDENTITY_ID}
        self.faults, self.log = FaultScript(), Log()
        self.limits = Limits(self.clock, enabled=limits)
        self._lock = RLock()
        self._serial, self._days = count(1), count(1)
        self._issuer = TokenIssuer(TENANT_ID, self.clock, token_lifetime)
        self.authority = Authority(self.directories, self._issuer, self.clock)
        self._entra = Entra(self.authority)
        self._machine = ManagedIdentityEndpoint(self.authority)
        self.companies = found(companies, ledger_entries, wide_entries, self.clock, self._lock)
        self._gate = Gate(self.directory, self._issuer)
        first = TenantEnvironment(self.environment, self.companies, self.app_records)
        apps = self.admin_center_apps
        self._tenant = Tenant(self.directory, self.clock, first, apps, self._fresh)
        self.background = Background(self._tenant.agenda)
        for company in self.companies:
            company.background = self.background
        self._admin = AdminCenter(self._gate, self._tenant)
        self._bc = BusinessCentral(self._tenant, self._gate)

    def _fresh(self) -> list[Company]:
        """Found the companies of a new environment."""
        made = fresh(self.clock, self._lock)
        for company in made:
            company.background = self.background
        return made

    @property
    def tenant(self) -> Tenant:
        """The tenant as it is now: what is due by the clock has happened."""
        with self._lock:
            self._tenant.settle()
            return self._tenant

    @property
    def environments(self) -> list[TenantEnvironment]:
        """The environments as they are now; at first only the one called `Production`."""
        return list(self.tenant.environments)

    @property
    def operations(self) -> Operations:
        """The long-running operations as they are now, and how the next ones will end."""
        return self.tenant.operations

    @property
    def operation_seconds(self) -> float:
        """How long an operation waits, and then how long it runs."""
        return self._tenant.operations.seconds

    @operation_seconds.setter
    def operation_seconds(self, seconds: float) -> None:
        self._tenant.operations.seconds = seconds

    @property
    def apps_in_new_environments(self) -> bool:
        """Whether a new environment knows the authorized apps, as it does not in real life."""
        return self._tenant.apps_in_new_environments

    @apps_in_new_environments.setter
    def apps_in_new_environments(self, there: bool) -> None:  # a property has no keywords
        self._tenant.apps_in_new_environments = there

    @property
    def client_id(self) -> str:
        """The application id of the app registration."""
        return self.application.client_id

    @property
    def client_secret(self) -> str:
        """The value of the app's first secret, full of characters that want encoding."""
        return self.application.secrets[0].value

    @property
    def roles(self) -> tuple[str, ...]:
        """The app roles that new tokens carry; none gives tokens without `roles`."""
        return self.application.roles

    @roles.setter
    def roles(self, roles: tuple[str, ...]) -> None:
        self.application.roles = tuple(roles)

    @property
    def token_lifetime(self) -> int:
        """Seconds that new tokens live."""
        return self._issuer.lifetime

    @token_lifetime.setter
    def token_lifetime(self, seconds: int) -> None:
        self._issuer.lifetime = seconds

    def company(self, name: str) -> Company:
        """Find a company.

        :param name: its name or id.
        :returns: the company.
        :raises KeyError: if there is none of that name.
        """
        for company in self.companies:
            if name in (company.name, company.id):
                return company
        raise KeyError(name)

    def business_day(self, company: str | None = None) -> Changes:
        """Let a day pass in a company; what happens depends only on how many passed before.

        Five minutes of the emulator's clock pass after the work: a sync leaves out what is younger
        than its safety lag, and would otherwise see the day's work one run late.

        :param company: its name; CRONUS by default.
        :returns: what was created, updated and deleted.
        """
        with self._lock:
            place = self.company(company) if company else self.companies[0]
            changes = work_a_day(place, next(self._days))
            self.clock.advance(_AFTER_WORK)
            return changes

    def auto_approve(self, upn: str | None, *, consent: bool = True) -> None:
        """Let an imagined person answer every sign-in page, consent page and device code.

        :param upn: the account the person signs in with; None leaves the pages to a browser.
        :param consent: whether the person accepts.
        """
        self.directory.auto_approval = None if upn is None else AutoApproval(upn, consent)

    def revoke_tokens(self) -> None:
        """Let every access token issued so far be rejected."""
        self._issuer.revoke_all()

    def revoke_refresh_tokens(self, upn: str | None = None) -> int:
        """Revoke refresh tokens, as an administrator does.

        :param upn: only those of this user; None for everybody's.
        :returns: how many were revoked.
        :raises KeyError: if there is no such user.
        """
        user = None if upn is None else self.directory.user(upn)
        if upn is not None and user is None:
            raise KeyError(upn)
        return self.authority.grants.revoke(user)

    def handle(self, request: Request) -> Response | Lost:
        """Answer a request in memory; delays are not waited for.

        :param request: the request.
        :returns: the response, or Lost where the connection would be reset.
        """
        reply = self.answer(request).wire()
        return self.dated(reply) if isinstance(reply, Response) else reply

    def dated(self, response: Response) -> Response:
        """Put the emulator's own time into a response.

        :param response: the response.
        :returns: the same with a `date` header, unless it had one.
        """
        date = formatdate(self.clock.now(), usegmt=True)
        return Response(response.status, {"date": date} | dict(response.headers), response.body)

    def principal(self, authorization: str) -> str | None:
        """Say whose limits a request counts against.

        :param authorization: the Authorization header.
        :returns: the client id in a valid bearer of an app, the object id in that of a user, None
            for any other request.
        """
        try:
            claims = self._gate.claims(authorization)
        except ODataError:
            return None
        return str(claims["appid"] if claims.get("idtyp") == "app" else claims["oid"])

    def answer(self, request: Request) -> Answer:
        """Answer a request and say how the answer travels.

        :param request: the request.
        :returns: the answer.
        """
        parts = urlsplit(request.url)
        with self._lock:
            if parts.path.startswith(control.PREFIX):
                self._tenant.settle()
                return Answer(control.obey(self, request))
            self._tenant.settle()
            kind = kind_of(parts.path)
            headers = {name.lower(): value for name, value in request.headers.items()}
            principal = self.principal(headers.get("authorization", ""))
            correlation = str(uuid5(UUID(int=0), f"request/{next(self._serial)}"))
            answer, fault = self._answer(request, kind, principal, correlation)
            status = None if answer.cut == -1 else answer.response.status
            self.log.add(
                Entry(
                    request.method,
                    parts.path,
                    parts.query,
                    kind,
                    status,
                    fault.name if fault else None,
                    principal,
                    headers.get("authorization", "").lower().startswith("bearer "),
                    {name: headers[name] for name in SHOWN_HEADERS if name in headers},
                    _grant(request, parts.path),
                )
            )
            return answer

    def _answer(
        self, request: Request, kind: str, principal: str | None, correlation: str
    ) -> tuple[Answer, Fault | None]:
        """Let a fault or the service answer, and a fault spoil what the service said."""
        path = urlsplit(request.url).path
        fault = self.faults.instead(kind, path)
        if fault is not None:
            if fault.name == "revoked":
                self.revoke_tokens()
            answer = stand_in(fault, correlation)
            if answer is not None:
                return answer, fault
        response = self._serve(request, kind, principal, correlation)
        latency = self.page_latency if kind == "data" else 0.0
        answer = Answer(response, latency)
        if response.status >= _REFUSED:
            return answer, fault
        spoiler = self.faults.upon(kind, path, content=bool(response.body))
        if spoiler is None:
            return answer, fault
        return tamper(spoiler.name, answer, request.url, spoiler.delay), spoiler

    def _serve(
        self, request: Request, kind: str, principal: str | None, correlation: str
    ) -> Response:
        if urlsplit(request.url).path in (MACHINE, APP_SERVICE):
            return self._machine.answer(request)
        if kind in ("token", "discovery", "sign-in"):
            return self._entra.answer(request)
        if kind == "admin":
            return self._admin.answer(request, correlation)
        try:
            if principal is not None:
                self.limits.count(principal)
        except ODataError as error:
            return error.response(correlation)
        return self._bc.answer(request, correlation)


def _grant(request: Request, path: str) -> str | None:
    """Say what a token was asked for with."""
    if path in (MACHINE, APP_SERVICE):
        return "managed_identity"
    return grant_of(request) if path.endswith("/oauth2/v2.0/token") else None


def kind_of(path: str) -> str:
    """Sort a request by its path, for the log and the fault script.

    :param path: the path of the URL.
    :returns: `token`, `discovery`, `sign-in`, `admin`, `metadata`, `data` or
        `unknown`.
    """
    if path in (MACHINE, APP_SERVICE):
        return "token"
    kind = entra_kind(path)
    if kind is not None:
        return kind
    if path.startswith(ADMIN):
        return "admin"
    if path.startswith(("/v2.0/", "/environments/")):
        return "metadata" if path.endswith("/$metadata") else "data"
    return "unknown"
