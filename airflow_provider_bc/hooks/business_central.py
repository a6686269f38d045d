"""The hook: Business Central for operators, sensors, triggers and custom tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Self, Unpack

from airflow.sdk import BaseHook
from pydantic import SecretStr

from airflow_provider_bc.api.options import CountOptions, GetOptions, ReadOptions, RequestOptions
from airflow_provider_bc.api.routes import STANDARD_API, Company
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import AsyncClient, Client
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.connection_test import describe, within_seconds
from airflow_provider_bc.odata.literals import Key
from airflow_provider_bc.odata.metadata import Metadata
from airflow_provider_bc.odata.page import Page, Row
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Response

TOKENS = TokenCache()
"""The tokens of this process, shared by every hook."""

_HASTY = Retries(attempts=1, base=0.5, budget=2)
_HASTY_TIMEOUT = 3.5


class BusinessCentralHook(BaseHook):
    """Talks to Business Central as an app.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/connections.html#hooks

    :param bc_conn_id: the connection, of type ``business_central``.
    :param environment: an environment in place of the connection's.
    :param company: a company in place of the connection's: id, name or display name.
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
    ) -> None:
        super().__init__()
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.company = company

    @cached_property
    def settings(self) -> Settings:
        """The connection, checked.

        :raises ConfigurationError: naming every field that is wrong.
        """
        return self._settings(self.get_connection(self.bc_conn_id))

    @cached_property
    def _client(self) -> Client:
        return Client(self.settings, TOKENS)

    def get_conn(self) -> Client:
        """Return the client of this hook, for custom tasks; `close` ends it."""
        return self._client

    async def get_async_conn(self) -> AsyncClient:
        """Return a client for this event loop, with the same methods, awaited.

        Use it as ``async with await hook.get_async_conn() as client``.
        """
        connection = await self.aget_connection(self.bc_conn_id)
        return AsyncClient(self._settings(connection), TOKENS)

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

    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Response:
        """Send any other request, with the same signing, retries and errors.

        :param method: ``GET``, ``POST``, ``PATCH``, ``PUT`` or ``DELETE``.
        :param path: e.g. ``salesInvoices(5d115c9c-…)/Microsoft.NAV.post``.
        :param options: see `RequestOptions`.
        :return: the answer, whose status is 2xx.
        """
        return self._client.request(method, path, **options)

    def test_connection(self) -> tuple[bool, str]:
        """Say whether the connection works, and otherwise what to fix, within ten seconds.

        :return: whether it works, and a sentence without any secret.
        """
        return within_seconds(self._describe)

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

    def _describe(self) -> str:
        patient = self.settings
        hasty = patient.model_copy(update={"timeout": min(patient.timeout, _HASTY_TIMEOUT)})
        return describe(Client(hasty, TokenCache(), _HASTY))

    def _settings(self, connection: Any) -> Settings:
        """Read a connection; its extra is parsed here, since Airflow's own reader forgives errors.

        (Airflow's also talks to the supervisor, which deadlocks on an event loop.)
        """
        try:
            extra = json.loads(connection.extra or "{}")
            return Settings.from_connection(
                login=connection.login,
                password=SecretStr(connection.password) if connection.password else None,
                host=connection.host,
                port=connection.port,
                extra=extra,
                environment=self.environment,
                company=self.company,
            )
        except ConfigurationError as error:
            raise ConfigurationError(
                f"Connection {self.bc_conn_id!r}: {error.message}", remedy=error.remedy
            ) from error
        except (ValueError, AttributeError, TypeError) as error:
            raise ConfigurationError(
                f"Connection {self.bc_conn_id!r}: its Extra is not a JSON object.",
                remedy='Write it as {"tenant_id": "…"}.',
            ) from error
