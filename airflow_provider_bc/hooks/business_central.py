"""The hook: Business Central for operators, sensors, triggers and custom tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self, TypeVar, Unpack

from airflow.sdk import BaseHook

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.automation.automation import Automation
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.options import CountOptions, GetOptions, ReadOptions, RequestOptions
from airflow_provider_bc.api.routes import STANDARD_API, Company
from airflow_provider_bc.auth.authorization_code import (
    BegunSignIn,
    ResponseMode,
    account_of,
    begin,
    read_callback,
    redeem,
)
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import user_of
from airflow_provider_bc.auth.device_code import DeviceCode, ask_for_code, wait_for_sign_in
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.client import AsyncClient, Client
from airflow_provider_bc.delivery import Conversation, Retries
from airflow_provider_bc.hooks.connection_settings import alike, principal_of, settings_of
from airflow_provider_bc.hooks.connection_test import describe, within_seconds
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Result
from airflow_provider_bc.hooks.diagnosis.run import diagnose
from airflow_provider_bc.hooks.token_store import process_tokens
from airflow_provider_bc.odata.literals import Key
from airflow_provider_bc.odata.metadata import Metadata
from airflow_provider_bc.odata.models import Entity, entity_model
from airflow_provider_bc.odata.page import Page, Row
from airflow_provider_bc.record_verbs import RecordVerbs
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Response

T = TypeVar("T")

_HASTY = Retries(attempts=1, base=0.5, budget=2)
_HASTY_TIMEOUT = 3.5
_BRIEF = Retries(attempts=2, budget=20)


class BusinessCentralHook(BaseHook, RecordVerbs):
    """Talks to Business Central as an app.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/connections.html#hooks

    :param bc_conn_id: the connection, of type ``business_central``.
    :param environment: an environment in place of the connection's.
    :param company: a company in place of the connection's: id, name or display name.
    :param tenant_id: a tenant in place of the connection's, for an app that serves several.
    """

    conn_name_attr = "bc_conn_id"
    default_conn_name = "business_central_default"
    conn_type = "business_central"
    hook_name = "Microsoft Dynamics 365 Business Central"

    def __init__(
        self,
        bc_conn_id: str = default_conn_name,
        *,
        environment: str | None = None,
        company: str | None = None,
        tenant_id: str | None = None,
    ) -> None:
        super().__init__()
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.company = company
        self.tenant_id = tenant_id

    @cached_property
    def settings(self) -> Settings:
        """The connection, checked.

        :raises ConfigurationError: naming every field that is wrong.
        """
        return self._read(self.bc_conn_id, self.get_connection(self.bc_conn_id))

    @cached_property
    def _client(self) -> Client:
        connections = {self.bc_conn_id: self.settings}
        for conn_id in self.settings.principals or ():
            with principal_of(self.bc_conn_id, conn_id):
                other = self.get_connection(conn_id)
            connections.setdefault(conn_id, self._read(conn_id, other))
        return Client(self.settings, process_tokens(), connections=alike(connections))

    def get_conn(self) -> Client:
        """Return the client of this hook, for custom tasks; `close` ends it."""
        return self._client

    async def get_async_conn(self) -> AsyncClient:
        """Return a client for this event loop, with the same methods, awaited.

        Use it as ``async with await hook.get_async_conn() as client``.
        """
        settings = self._read(self.bc_conn_id, await self.aget_connection(self.bc_conn_id))
        connections = {self.bc_conn_id: settings}
        for conn_id in settings.principals or ():
            with principal_of(self.bc_conn_id, conn_id):
                other = await self.aget_connection(conn_id)
            connections.setdefault(conn_id, self._read(conn_id, other))
        tokens = await asyncio.to_thread(process_tokens)  # at first it reads the configuration
        return AsyncClient(settings, tokens, connections=alike(connections))

    @property
    def entities(self) -> Entities:  # type: ignore[override]
        """What the verbs that write are about."""
        return self._client.entities

    @property
    def admin_center(self) -> AdminCenter:
        """What can be asked of the admin center: ``hook.perform(hook.admin_center.…)``."""
        return self._client.admin_center

    @property
    def automation(self) -> Automation:
        """What the Automation API can be asked, for `perform`."""
        return self._client.automation

    def perform(self, conversation: Conversation[T]) -> T:
        """Carry out a conversation; see `Client.perform`."""
        return self._client.perform(conversation)

    def companies(self) -> list[Company]:
        """List the companies that the app may see; see `Operations.companies`."""
        return self._client.companies()

    def read(self, entity_set: str, **options: Unpack[ReadOptions]) -> Iterator[Row]:
        """Read the rows of an entity set, one after another.

        :param entity_set: e.g. ``customers``.
        :param options: see `ReadOptions`.
        :return: the rows; numbers with a fraction are `Decimal`.
        :raises BusinessCentralError: see `airflow_provider_bc.errors`.
        """
        return self._client.read(entity_set, **options)

    def read_pages(
        self, entity_set: str, **options: Unpack[ReadOptions]
    ) -> Iterator[Page[list[Row]]]:
        """Read an entity set page by page; see `read`."""
        return self._client.read_pages(entity_set, **options)

    def get(self, entity_set: str, key: Key, **options: Unpack[GetOptions]) -> Row:
        """Read one entity; see `Operations.get`."""
        return self._client.get(entity_set, key, **options)

    def count(self, entity_set: str, **options: Unpack[CountOptions]) -> int:
        """Count the rows that match; see `Operations.count`."""
        return self._client.count(entity_set, **options)

    def metadata(self, api: str = STANDARD_API) -> Metadata:
        """Read what an API says of its entity sets; see `Operations.metadata`."""
        return self._client.metadata(api)

    def model(self, entity_set: str, api: str = STANDARD_API) -> type[Entity]:
        """Make a pydantic model of an entity set, from its $metadata; see `entity_model`.

        :param entity_set: e.g. ``customers``.
        :param api: ``v2.0``, ``publisher/group/version``, or ``ODataV4``.
        """
        return entity_model(self.metadata(api), entity_set)

    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Response:
        """Send any other request, with the same signing, retries and errors.

        :param method: ``GET``, ``POST``, ``PATCH``, ``PUT`` or ``DELETE``.
        :param path: e.g. ``salesInvoices(5d115c9c-…)/Microsoft.NAV.post``.
        :param options: see `RequestOptions`.
        :return: the answer, whose status is 2xx.
        """
        return self._client.request(method, path, **options)

    def begin_sign_in(
        self, redirect_uri: str | None = None, *, response_mode: ResponseMode = "query"
    ) -> BegunSignIn:
        """Begin the sign-in of a person, whose grant type is ``authorization_code``.

        :param redirect_uri: where the browser comes back to, unless the connection says it.
        :param response_mode: whether it brings the code in the query or in a form.
        :return: with the URL to send the browser to; keep the rest where only you can read it.
        :raises ConfigurationError: when the connection or the redirect URI does not allow it.
        """
        chosen = self.settings.redirect_uri or redirect_uri or ""
        return begin(self._user(), chosen, response_mode=response_mode)

    def finish_sign_in(self, begun: BegunSignIn, came_back: str) -> str | None:
        """Finish the sign-in of a person, and keep the refresh token for every task.

        :param begun: from `begin_sign_in`.
        :param came_back: the URL or query that the browser came back with, or the form's body.
        :return: the account, for a success page.
        :raises AuthenticationError: tampered with, declined, or refused.
        :raises ConfigurationError: when the refresh token cannot be kept.
        """
        user, code = self._user(), read_callback(came_back, begun)
        with self._alone() as client:
            return _keep(client, user, client.perform(redeem(user, begun, code, _BRIEF)))

    def sign_in_by_device(self, show: Callable[[DeviceCode], None]) -> str | None:
        """Let a person sign in on another machine, and keep the refresh token for every task.

        :param show: tells the person the page and the code; called once, before the waiting.
        :return: the account.
        :raises AuthenticationError: declined, refused, or too late.
        :raises ConfigurationError: when the refresh token cannot be kept.
        """
        user = self._user()
        with self._alone() as client:
            code = client.perform(ask_for_code(user, _BRIEF))
            show(code)
            return _keep(client, user, client.perform(wait_for_sign_in(user, code, _BRIEF)))

    def test_connection(self) -> tuple[bool, str]:
        """Say whether the connection works, and otherwise what to fix, within ten seconds.

        :return: whether it works, and a sentence without any secret.
        """
        return within_seconds(self._describe)

    def diagnose(self, entity_set: str = "customers") -> Iterator[Result]:
        """Examine the connection, check by check, as the command ``doctor`` does.

        :param entity_set: of which a page is read at last.
        :return: a result for each check as soon as it is known; nothing is raised, nothing secret
            is said. `airflow_provider_bc.hooks.diagnosis.run.works` sums them up.
        """
        with closing(self._case(entity_set)) as case:
            yield from diagnose(case)

    def close(self) -> None:
        """Close the client, if there is one."""
        client = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what holds the secret or a socket; both are made again where it is needed."""
        left_out = {"settings", "_client"}
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def _user(self) -> SignedInUser:
        return user_of(self.settings, self.bc_conn_id)

    def _alone(self) -> Client:
        """Make a client of this connection only: a person's sign-in concerns no other one."""
        connections = {self.bc_conn_id: self.settings}
        return Client(self.settings, process_tokens(), connections=connections)

    def _awaits_person(self) -> bool:
        of_a_person = self.settings.grant_type == "authorization_code"
        return of_a_person and process_tokens().awaits_person(self._user())

    def _describe(self) -> str:
        with closing(self._case()) as case:
            return describe(case, self._awaits_person)

    def _case(self, entity_set: str = "customers") -> Case:
        return Case(
            self.bc_conn_id,
            lambda: self.settings,
            self._hasty,
            lambda: datetime.now(UTC),
            entity_set,
        )

    def _hasty(self, patient: Settings) -> Client:
        """Make a client that gives up soon, and signs in anew where nobody is needed for it."""
        hasty = patient.model_copy(update={"timeout": min(patient.timeout, _HASTY_TIMEOUT)})
        tokens = process_tokens() if hasty.grant_type == "authorization_code" else TokenCache()
        return Client(hasty, tokens, _HASTY, connections={self.bc_conn_id: hasty})

    def _read(self, conn_id: str, connection: Any) -> Settings:
        return settings_of(
            conn_id,
            connection,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )


def _keep(client: Client, user: SignedInUser, granted: Granted) -> str | None:
    client.perform(process_tokens().keep(user, granted))
    return account_of(granted)
