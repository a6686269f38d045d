"""A connection under examination: what its checks share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.client import Client
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.settings import Settings


@dataclass
class Case:
    """A connection, and what the checks have learned of it so far.

    :param conn_id: its id, for remedies.
    :param read: reads the connection.
    :param connect: makes an impatient client of it.
    :param now: this machine's clock.
    :param entity_set: of which a page is read.
    :ivar claims: what the token says, as soon as there is one.
    :ivar ahead: how far the service's clock is ahead of this one's, as soon as it was heard.
    """

    conn_id: str
    read: Callable[[], Settings]
    connect: Callable[[Settings], Client]
    now: Callable[[], datetime]
    entity_set: str = "customers"
    claims: Claims = field(default_factory=lambda: Claims(None, None, ()))
    ahead: timedelta | None = None

    @cached_property
    def settings(self) -> Settings:
        """The connection.

        :raises ConfigurationError: naming every field that is wrong.
        """
        return self.read()

    @cached_property
    def client(self) -> Client:
        """The client.

        :raises ConfigurationError: when the credential cannot be read.
        """
        return self.connect(self.settings)

    @cached_property
    def _companies(self) -> list[Company] | BusinessCentralError:
        try:
            return self.client.companies()
        except BusinessCentralError as error:
            return error

    def companies(self) -> list[Company]:
        """List the companies, asked for once.

        :raises BusinessCentralError: the same each time.
        """
        if isinstance(self._companies, BusinessCentralError):
            raise self._companies
        return self._companies

    def close(self) -> None:
        """Close the client, if there is one."""
        client = self.__dict__.pop("client", None)
        if client is not None:
            client.close()
