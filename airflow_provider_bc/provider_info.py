"""What Airflow asks of a provider (https://airflow.apache.org/docs/apache-airflow-providers/howto/create-custom-providers.html)."""

from __future__ import annotations

import copy
from typing import Any

from airflow_provider_bc.connection_form import CONNECTION_TYPES

_INTEGRATION = "Microsoft Dynamics 365 Business Central"


PROVIDER_INFO: dict[str, Any] = {
    "package-name": "airflow-provider-bc",
    "name": "Microsoft Dynamics 365 Business Central",
    "description": (
        "`Microsoft Dynamics 365 Business Central "
        "<https://learn.microsoft.com/dynamics365/business-central/>`__"
    ),
    "integrations": [
        {
            "integration-name": _INTEGRATION,
            "external-doc-url": "https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/",
            "tags": ["service"],
        }
    ],
    "hooks": [
        {
            "integration-name": _INTEGRATION,
            "python-modules": ["airflow_provider_bc.hooks.business_central"],
        }
    ],
    "cli": ["airflow_provider_bc.cli.definition.get_business_central_commands"],
    "config": {
        "business_central": {
            "description": "Microsoft Dynamics 365 Business Central.",
            "options": {
                "token_store": {
                    "description": (
                        "Folder in which tasks, triggerer, API server and command line of this "
                        "machine share their tokens, encrypted with [core] fernet_key. By default "
                        "business_central_tokens in AIRFLOW_HOME; off for none."
                    ),
                    "version_added": "0.1.0",
                    "type": "string",
                    "example": "/var/lib/airflow/business_central_tokens",
                    "default": "",
                },
                "allowed_callables": {
                    "description": (
                        "Dotted paths, separated by commas, of functions and credential classes "
                        "that connections may name, beside the classes of azure.identity. Who may "
                        "edit connections can let Airflow call these."
                    ),
                    "version_added": "0.1.0",
                    "type": "string",
                    "example": "my_company.tokens.workload_token",
                    "default": "",
                },
                "connect_page": {
                    "description": (
                        "Whether Airflow shows the page Admin > Business Central, where those who "
                        "may edit a connection check it and sign in for it. Read by the API server "
                        "when it starts."
                    ),
                    "version_added": "0.1.0",
                    "type": "boolean",
                    "example": "False",
                    "default": "True",
                },
            },
        },
    },
    "asset-uris": [
        {
            "schemes": ["bc"],
            "handler": "airflow_provider_bc.assets.business_central.sanitize_uri",
            "factory": "airflow_provider_bc.assets.business_central.entity_set_asset",
            "to_openlineage_converter": (
                "airflow_provider_bc.assets.business_central.to_openlineage"
            ),
        }
    ],
    "operators": [
        {
            "integration-name": _INTEGRATION,
            "python-modules": [
                "airflow_provider_bc.operators.bound_action",
                "airflow_provider_bc.operators.companies",
                "airflow_provider_bc.operators.configuration_package",
                "airflow_provider_bc.operators.database_export",
                "airflow_provider_bc.operators.environment_apps",
                "airflow_provider_bc.operators.environment_update",
                "airflow_provider_bc.operators.environments",
                "airflow_provider_bc.operators.extensions",
                "airflow_provider_bc.operators.features",
                "airflow_provider_bc.operators.list_companies",
                "airflow_provider_bc.operators.media",
                "airflow_provider_bc.operators.permission_sets",
                "airflow_provider_bc.operators.request",
                "airflow_provider_bc.operators.upload_extension",
                "airflow_provider_bc.operators.write_records",
            ],
        }
    ],
    "sensors": [
        {
            "integration-name": _INTEGRATION,
            "python-modules": [
                "airflow_provider_bc.sensors.environment",
                "airflow_provider_bc.sensors.job_queue_entry",
                "airflow_provider_bc.sensors.record",
            ],
        }
    ],
    "triggers": [
        {
            "integration-name": _INTEGRATION,
            "python-modules": [
                "airflow_provider_bc.triggers.configuration_package",
                "airflow_provider_bc.triggers.environment",
                "airflow_provider_bc.triggers.environment_operation",
                "airflow_provider_bc.triggers.extension_deployment",
                "airflow_provider_bc.triggers.job_queue_entry",
                "airflow_provider_bc.triggers.record",
            ],
        }
    ],
    "transfers": [
        {
            "source-integration-name": _INTEGRATION,
            "target-integration-name": "Common IO",
            "python-module": "airflow_provider_bc.transfers.to_object_storage",
        },
        {
            "source-integration-name": _INTEGRATION,
            "target-integration-name": "Delta Lake",
            "python-module": "airflow_provider_bc.transfers.to_delta_table",
        },
        {
            "source-integration-name": _INTEGRATION,
            "target-integration-name": "Common SQL",
            "python-module": "airflow_provider_bc.transfers.to_sql",
        },
        {
            "source-integration-name": "Common SQL",
            "target-integration-name": _INTEGRATION,
            "python-module": "airflow_provider_bc.transfers.sql_to_business_central",
        },
        {
            "source-integration-name": "Common IO",
            "target-integration-name": _INTEGRATION,
            "python-module": "airflow_provider_bc.transfers.object_storage_to_business_central",
        },
    ],
    "extra-links": [
        "airflow_provider_bc.links.business_central.BusinessCentralRecordLink",
        "airflow_provider_bc.links.business_central.BusinessCentralEnvironmentLink",
        "airflow_provider_bc.links.business_central.BusinessCentralAdminCenterLink",
    ],
    "connection-types": CONNECTION_TYPES,
}


def get_provider_info() -> dict[str, Any]:
    """Describe the provider: a literal, since every Airflow process asks for it at its start.

    :return: a copy, since Airflow adds to it.
    """
    return copy.deepcopy(PROVIDER_INFO)
