"""The hook of the page: it signs in with what a connection holds, with nothing of the API server.

Who edits a connection may write anything into it, the host that receives the credential included.
So a managed identity, a federated token or a file of the API server would be anybody's who may edit
a connection. Airflow lets its own Test button go that far only where an administrator says so:
https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html#testing-connections
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import conf

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.settings import Settings

_OF_THE_SERVER = frozenset({"federated_identity", "managed_identity", "azure_credential"})


class ReservedForTasks(ConfigurationError):
    """The connection signs in with an identity or a file of the machine that it is used on."""


class PageHook(BusinessCentralHook):
    """Reads no connection that would use the API server's own identity or files.

    Each reading is checked, so that a connection which is edited meanwhile gains nothing.
    """

    def refuse_if_reserved(self) -> None:
        """Refuse now, with a page of its own; what else is wrong, an examination tells.

        :raises ReservedForTasks: see `check`.
        """
        try:
            _ = self.settings
        except ReservedForTasks:
            raise
        except ConfigurationError:
            pass

    def _read(self, conn_id: str, connection: Any) -> Settings:
        settings = super()._read(conn_id, connection)
        check(conn_id, settings)
        return settings


def check(conn_id: str, settings: Settings) -> None:
    """Let only a connection pass that holds its own credential, unless testing is enabled.

    :param conn_id: its id.
    :param settings: what it says.
    :raises ReservedForTasks: saying why, and how it can be checked.
    """
    used = _of_the_server(settings)
    if not used or _testing_is_enabled():
        return
    raise ReservedForTasks(
        f"The connection {conn_id} signs in with {used}. On this page that would be the API "
        "server's own, in the hands of everybody who may edit connections.",
        remedy=f"Run `airflow business-central doctor {conn_id}` where tasks run. Or an "
        "administrator sets [core] test_connection = Enabled.",
    )


def _of_the_server(settings: Settings) -> str:
    if settings.grant_type in _OF_THE_SERVER:
        return f"an identity of the machine it runs on (grant type {settings.grant_type})"
    if settings.certificate_file:
        return "a file of the machine it runs on (Certificate file)"
    return ""


def _testing_is_enabled() -> bool:
    """Read Airflow's own switch in Airflow's own way."""
    said = conf.get("core", "test_connection", fallback="Disabled") or ""
    return said.strip().lower() == "enabled"
