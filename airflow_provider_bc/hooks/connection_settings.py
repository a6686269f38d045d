"""Airflow's Connection as our Settings, with warnings about its credential."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from pydantic import SecretStr

from airflow_provider_bc.auth.expiry import credential_warnings
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.foreign_code import OPTION, check_named_code
from airflow_provider_bc.hooks.token_store import SECTION
from airflow_provider_bc.settings import Settings

log = logging.getLogger(__name__)


def settings_of(conn_id: str, connection: Any, **overrides: str | None) -> Settings:
    """Read a connection; its extra is parsed here, since Airflow's own reader forgives errors.

    (Airflow's also talks to the supervisor, which deadlocks on an event loop.)

    :param conn_id: its id, for messages.
    :param connection: of `airflow.sdk` or of Airflow's own models.
    :param overrides: fields that a DAG sets in place of the connection's.
    :raises ConfigurationError: naming every field that is wrong, or the code that it may not name.
    """
    try:
        settings = Settings.from_connection(
            login=connection.login,
            password=SecretStr(connection.password) if connection.password else None,
            host=connection.host,
            port=connection.port,
            extra=json.loads(connection.extra or "{}"),
            **overrides,
        )
        check_named_code(settings, conf.get(SECTION, OPTION, fallback="") or "")
    except ConfigurationError as error:
        raise ConfigurationError(
            f"Connection {conn_id!r}: {error.message}", remedy=error.remedy
        ) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"Connection {conn_id!r}: its Extra is not a JSON object.",
            remedy='Write it as {"tenant_id": "…"}.',
        ) from error
    for warning in credential_warnings(settings, datetime.now(UTC).date()):
        log.warning("Connection %r: %s", conn_id, warning)
    return settings


@contextmanager
def principal_of(conn_id: str, other: str) -> Iterator[None]:
    """Say which connection names another one that is to be looked up, if there is none.

    :param conn_id: the one that names it.
    :param other: the one that is looked up.
    :raises ConfigurationError: naming both.
    """
    try:
        yield
    except AirflowNotFoundException:
        raise ConfigurationError(
            f"Connection {conn_id!r} names {other!r} among its Other connections (principals), "
            "but there is no such connection.",
            remedy="Create it, or take it off Other connections.",
        ) from None


def alike(connections: Mapping[str, Settings]) -> Mapping[str, Settings]:
    """Make sure that connections which share a load lead to the same place.

    :param connections: by their ids, the one that names the others first.
    :return: the same.
    :raises ConfigurationError: naming the one that leads elsewhere, and how.
    """
    (first, *others) = connections.items()
    for conn_id, settings in others:
        for name in ("api_root", "tenant_id", "environment"):
            here, there = getattr(first[1], name), getattr(settings, name)
            if here.lower() != there.lower():
                raise ConfigurationError(
                    f"Connection {first[0]!r} names {conn_id!r} among its Other connections "
                    f"(principals), but their {name} differ: {here} and {there}.",
                    remedy="Name only connections to the same environment of the same tenant.",
                )
    return connections
