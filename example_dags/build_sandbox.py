"""Build a sandbox to test in: copy, company, configuration package, extension, smoke check.

What takes minutes or hours is awaited in the triggerer, so no worker slot is held. The copy brings
the app's record in Business Central along, with its permission sets.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, get_current_context, task, timezone

from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.companies import BusinessCentralCreateCompanyOperator
from airflow_provider_bc.operators.configuration_package import (
    BusinessCentralImportConfigurationPackageOperator,
)
from airflow_provider_bc.operators.environments import BusinessCentralCopyEnvironmentOperator
from airflow_provider_bc.operators.upload_extension import BusinessCentralUploadExtensionOperator

SANDBOX, COMPANY = "{{ params.sandbox }}", "{{ params.company }}"


@task
def smoke_check() -> dict[str, int]:
    """Read through the new company: it is there, and its tables can be used."""
    params = get_current_context()["params"]
    sandbox, company = params["sandbox"], params["company"]
    with airflow_failures(), BusinessCentralHook(environment=sandbox, company=company) as hook:
        return {name: hook.count(name) for name in ("accounts", "customers", "items")}


with DAG(
    "business_central_build_sandbox",
    schedule=None,
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={
        "source": Param("Production", type="string"),
        "sandbox": Param("Test", type="string"),
        "company": Param("Test Company", type="string"),
        "package": Param("file:///tmp/business_central/setup.rapidstart", type="string"),
        "extension": Param("file:///tmp/business_central/extension.app", type="string"),
    },
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    copy = BusinessCentralCopyEnvironmentOperator(
        task_id="copy_environment",
        environment="{{ params.source }}",
        name=SANDBOX,
        if_exists="skip",
        poll_interval=30,
        deferrable=True,
    )
    company = BusinessCentralCreateCompanyOperator(
        task_id="create_company", environment=SANDBOX, company_name=COMPANY
    )
    package = BusinessCentralImportConfigurationPackageOperator(
        task_id="import_package",
        environment=SANDBOX,
        company=COMPANY,
        path="{{ params.package }}",
        poll_interval=30,
        deferrable=True,
    )
    extension = BusinessCentralUploadExtensionOperator(
        task_id="upload_extension",
        environment=SANDBOX,
        path="{{ params.extension }}",
        poll_interval=30,
        deferrable=True,
    )
    copy >> company >> package >> extension >> smoke_check()
