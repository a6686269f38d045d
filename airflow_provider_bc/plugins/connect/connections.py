"""The connections of our type, as far as a user may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.models.connection import Connection
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.plugins.connect.guarded import ReservedForTasks, check
from airflow_provider_bc.plugins.connect.pages import Trouble
from airflow_provider_bc.plugins.connect.sign_in import redirect_uri
from airflow_provider_bc.provider_info import PROVIDER_INFO
from airflow_provider_bc.settings import Settings

_FIELDS: dict[str, Any] = PROVIDER_INFO["connection-types"][0]["conn-fields"]
GRANTS: dict[str, str] = _FIELDS["grant_type"]["schema"]["values_display"]
_OF_A_PERSON = "authorization_code"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One connection, as far as it can be read.

    :param conn_id: its id.
    :param settings: what it says; None if something in it is wrong.
    :param trouble: what is wrong.
    :param redirect_uri: where a sign-in returns to; empty where nobody can sign in.
    :param reserved: why this page neither checks it nor signs in for it; None where it does.
    """

    conn_id: str
    settings: Settings | None = None
    trouble: Trouble | None = None
    redirect_uri: str = ""
    reserved: Trouble | None = None

    @property
    def grant(self) -> str:
        """The grant type in the form's own words."""
        return GRANTS[self.settings.grant_type] if self.settings else ""

    @property
    def of_a_person(self) -> bool:
        """Whether a person signs in for it."""
        return self.settings is not None and self.settings.grant_type == _OF_A_PERSON


def listed(user: BaseUser, session: Session) -> list[dict[str, str]]:
    """List the connections of our type that a user may see, in the order of their ids.

    Those of environment variables and secrets backends are not listed, as everywhere in Airflow.

    :param user: who asks.
    :param session: of Airflow's database.
    """
    seen = get_auth_manager().get_authorized_connections(user=user, method="GET", session=session)
    ours = (
        select(Connection.conn_id, Connection.description)
        .where(Connection.conn_type == BusinessCentralHook.conn_type)
        .order_by(Connection.conn_id)
    )
    return [
        {"conn_id": conn_id, "description": description or ""}
        for conn_id, description in session.execute(ours)
        if conn_id in seen
    ]


def existing(conn_id: str) -> str:
    """Let only the id of a connection of our type pass, wherever that is kept.

    :param conn_id: from a URL.
    :return: the same.
    :raises HTTPException: there is none.
    """
    try:
        conn_type = str(BaseHook.get_connection(conn_id).conn_type)
    except AirflowNotFoundException:
        conn_type = ""
    if conn_type.replace("-", "_") != BusinessCentralHook.conn_type:
        raise HTTPException(404, f"There is no Business Central connection {conn_id!r}.")
    return conn_id


def chosen(conn_id: str) -> Chosen:
    """Read a connection; what is wrong in it is part of the answer.

    :param conn_id: its id.
    """
    settings = None
    try:
        settings = BusinessCentralHook(conn_id).settings
        check(conn_id, settings)
        if settings.grant_type != _OF_A_PERSON:
            return Chosen(conn_id, settings)
        return Chosen(conn_id, settings, redirect_uri=redirect_uri(settings))
    except ReservedForTasks as error:
        return Chosen(conn_id, settings, reserved=Trouble.of(error))
    except ConfigurationError as error:
        return Chosen(conn_id, settings, Trouble.of(error))
