"""Use the hook in a task of your own: list what the biggest debtors owe."""

from __future__ import annotations

from decimal import Decimal

from airflow.sdk import DAG, task, timezone

from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.odata.filters import Field


@task
def biggest_debtors(limit: int = 5) -> list[dict[str, str]]:
    """Read the customers with a balance, and return the largest balances as exact text."""
    owes = Field("balanceDue") > Decimal(0)
    with airflow_failures(), BusinessCentralHook() as hook:
        customers = list(
            hook.read("customers", select=["number", "displayName", "balanceDue"], where=owes)
        )
    customers.sort(key=lambda customer: Decimal(customer["balanceDue"]), reverse=True)
    return [
        {"name": customer["displayName"], "owes": str(customer["balanceDue"])}
        for customer in customers[:limit]
    ]


@task
def total(debtors: list[dict[str, str]]) -> str:
    """Add up what they owe, to the cent."""
    return str(sum((Decimal(debtor["owes"]) for debtor in debtors), Decimal(0)))


with DAG(
    "business_central_custom_task",
    schedule="@daily",
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    total(biggest_debtors())
