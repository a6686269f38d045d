"""Exports of an environment's database to a storage account.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_exports
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from airflow_provider_bc.api.admin_center.calls import AdminCalls, Json, within
from airflow_provider_bc.api.exchange import once
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.literals import timestamp

_EXPORTS = "/exports"


class Exports:
    """The exports of the tenant's environments, ten a month each.

    :param calls: sends what is asked.
    """

    def __init__(self, calls: AdminCalls) -> None:
        self._calls = calls

    def metrics(self, environment: str) -> Conversation[Json]:
        """Say how many exports are left this month.

        :param environment: its name.
        :return: with ``exportsPerMonth`` and ``exportsRemainingThisMonth``.
        """
        return (yield from self._calls.get(within(environment, "metrics", before=_EXPORTS)))

    def start(
        self, environment: str, storage_sas: str, container: str, blob: str
    ) -> Conversation[Json]:
        """Begin to export the database, which takes minutes to hours.

        :param environment: a production environment.
        :param storage_sas: the URI of the storage account with its shared access signature, which
            is a secret: for blobs, containers and objects, to read, write, delete and create, valid
            for three days and more.
        :param container: of the storage account.
        :param blob: the name of the .bacpac file.
        :return: what the service says, which Microsoft does not describe.
        :raises OutcomeUnknown: where it may have begun, though no answer says so.
        """
        values = {"storageAccountSasUri": storage_sas, "container": container, "blob": blob}
        path = within(environment, before=_EXPORTS)
        return (yield from once(self._calls.send("POST", path, values)))

    def history(self, start: datetime, end: datetime) -> Conversation[list[Json]]:
        """List the exports of the tenant that were begun in a period.

        :param start: from when, with a time zone.
        :param end: until when, with a time zone.
        :return: each with ``environmentName``, ``time``, ``user``, ``container`` and ``blob``.
        """
        query = urlencode({"start": timestamp(start), "end": timestamp(end)})
        return (yield from self._calls.rows(f"{_EXPORTS}/history", query, "POST"))
