"""The same transfer for every company, those included that are created later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import TaskGroup

from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.operators.list_companies import BusinessCentralListCompaniesOperator
from airflow_provider_bc.transfers.entity_sets_transfer import EntitySetsTransfer


def transfer_every_company(
    group_id: str,
    transfer: type[EntitySetsTransfer],
    *,
    bc_conn_id: str = BusinessCentralHook.default_conn_name,
    environment: str | None = None,
    exclude: Sequence[str] = (),
    **arguments: Any,
) -> TaskGroup:
    """List the companies at each run, and map a transfer over them.

    Business Central serves one app five requests at once; give the tasks a pool of five slots::

        airflow pools set business_central 5 "requests to Business Central"

    :param group_id: the id of the task group; its tasks are ``list_companies`` and ``transfer``.
    :param transfer: the operator, e.g. `BusinessCentralToObjectStorageOperator`.
    :param bc_conn_id: the connection to Business Central.
    :param environment: an environment in place of the connection's.
    :param exclude: names of companies to leave out.
    :param arguments: of the transfer, among them ``pool``; ``workers`` is 1 unless it is given,
        so that each slot of the pool stands for one request.
    :return: the task group.
    """
    place: dict[str, Any] = {"bc_conn_id": bc_conn_id, "environment": environment}
    with TaskGroup(group_id) as group:
        companies = BusinessCentralListCompaniesOperator(
            task_id="list_companies", exclude=exclude, **place
        )
        one_at_a_time = {"workers": 1} | arguments
        mapped = transfer.partial(task_id="transfer", **place, **one_at_a_time)
        mapped.expand(company=companies.output)
    return group
