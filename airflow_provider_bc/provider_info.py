"""What Airflow asks of a provider (https://airflow.apache.org/docs/apache-airflow-providers/howto/create-custom-providers.html)."""

from __future__ import annotations

import copy
from typing import Any

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
    ],
    "connection-types": [
        {
            "connection-type": "business_central",
            "hook-class-name": "airflow_provider_bc.hooks.business_central.BusinessCentralHook",
            "hook-name": "Microsoft Dynamics 365 Business Central",
            "ui-field-behaviour": {
                "hidden-fields": ["schema"],
                "relabeling": {
                    "login": "Application (client) ID",
                    "password": "Client secret",
                    "host": "API URL",
                    "port": "Port (443)",
                },
                "placeholders": {
                    "login": "00000000-0000-0000-0000-000000000000",
                    "host": "https://api.businesscentral.dynamics.com",
                    "port": "443",
                },
            },
            "conn-fields": {
                "tenant_id": {
                    "label": "Directory (tenant) ID",
                    "description": "GUID or domain of the Microsoft Entra tenant.",
                    "schema": {"type": "string", "minLength": 3},
                },
                "environment": {
                    "label": "Environment",
                    "description": "Name of the environment, as in the admin center.",
                    "schema": {"type": ["string", "null"], "default": "Production"},
                },
                "company": {
                    "label": "Company",
                    "description": (
                        "Name, display name or id. May stay empty where there is only one, or "
                        "where each task names its own."
                    ),
                    "schema": {"type": ["string", "null"]},
                },
                "grant_type": {
                    "label": "Grant type",
                    "description": (
                        "How to sign in. An app needs one of client secret, certificate file and "
                        "certificate with private key."
                    ),
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "enum": [
                            "client_credentials",
                            "federated_identity",
                            "managed_identity",
                            "authorization_code",
                            "azure_credential",
                        ],
                        "values_display": {
                            "client_credentials": "App with a secret or certificate",
                            "federated_identity": "App with a federated (workload) identity",
                            "managed_identity": "Managed identity of Azure",
                            "authorization_code": "Person who signs in once in a browser",
                            "azure_credential": "Credential class of azure-identity",
                        },
                        "default": "client_credentials",
                    },
                },
                "secret_expires_on": {
                    "label": "Secret expires on",
                    "description": "Logs warn from 60 days before; Entra does not tell the date.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "format": "date",
                    },
                },
                "certificate_file": {
                    "label": "Certificate file",
                    "description": "PEM or PFX with private key, wherever Airflow signs in.",
                    "schema": {"type": ["string", "null"], "section": "Sign-in"},
                },
                "private_key": {
                    "label": "Certificate with private key",
                    "description": "The PEM text of both, or a PFX in base64.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "format": "password",
                    },
                },
                "private_key_passphrase": {
                    "label": "Certificate passphrase",
                    "description": "Of the private key, where it has one.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "format": "password",
                    },
                },
                "assertion_algorithm": {
                    "label": "Assertion algorithm",
                    "description": "PS256 with x5t#S256, or RS256 with x5t as in older set-ups.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "enum": ["PS256", "RS256"],
                        "default": "PS256",
                    },
                },
                "federated_assertion_file": {
                    "label": "Federated token file",
                    "description": "By default what AZURE_FEDERATED_TOKEN_FILE names.",
                    "schema": {"type": ["string", "null"], "section": "Sign-in"},
                },
                "federated_assertion_callable": {
                    "label": "Federated token callable",
                    "description": "Dotted path of a function that returns the token, instead.",
                    "schema": {"type": ["string", "null"], "section": "Sign-in"},
                },
                "redirect_uri": {
                    "label": "Redirect URI",
                    "description": (
                        "Where the browser returns to, as registered at the app; by default the "
                        "Connect page's own, and http://localhost for the command line."
                    ),
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "maxLength": 256,
                    },
                },
                "azure_credential": {
                    "label": "azure-identity credential",
                    "description": "Class such as AzureCliCredential; needs the extra azure.",
                    "schema": {"type": ["string", "null"], "section": "Sign-in"},
                },
                "azure_credential_secret_arguments": {
                    "label": "azure-identity arguments",
                    "description": "Its keyword arguments as a JSON object.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "format": "password",
                    },
                },
                "principals": {
                    "label": "Other connections",
                    "description": (
                        "Ids of connections to the same environment that share the load: each app "
                        "has limits of its own."
                    ),
                    "schema": {"type": ["string", "null"], "section": "Requests"},
                },
                "scope": {
                    "label": "Scope",
                    "description": "Resource of the token, ending in /.default.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "default": "https://api.businesscentral.dynamics.com/.default",
                    },
                },
                "authority_host": {
                    "label": "Authority host",
                    "description": "Microsoft Entra; national clouds have hosts of their own.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Sign-in",
                        "default": "https://login.microsoftonline.com",
                    },
                },
                "tenant_in_url": {
                    "label": "Tenant in URL",
                    "description": "Name the tenant in every URL, as multi-tenant apps should.",
                    "schema": {
                        "type": ["boolean", "null"],
                        "section": "Requests",
                        "default": False,
                    },
                },
                "read_replica": {
                    "label": "Read replica",
                    "description": "Read from the replica, which spares users but may lag.",
                    "schema": {
                        "type": ["boolean", "null"],
                        "section": "Requests",
                        "default": True,
                    },
                },
                "language": {
                    "label": "Language",
                    "description": "Language of error messages and captions, such as en-US.",
                    "schema": {
                        "type": ["string", "null"],
                        "section": "Requests",
                        "default": "en-US",
                    },
                },
                "page_size": {
                    "label": "Page size",
                    "description": "Rows a page; more is faster and takes more memory.",
                    "schema": {
                        "type": ["integer", "null"],
                        "section": "Requests",
                        "minimum": 1,
                        "maximum": 20000,
                        "default": 5000,
                    },
                },
                "timeout": {
                    "label": "Timeout (seconds)",
                    "description": (
                        "Silence after which a request counts as lost; Business Central itself "
                        "gives up after 8 to 10 minutes."
                    ),
                    "schema": {
                        "type": ["number", "null"],
                        "section": "Requests",
                        "minimum": 1,
                        "maximum": 3600,
                        "default": 600,
                    },
                },
                "max_retries": {
                    "label": "Retries",
                    "description": "How often a throttled or lost request is repeated.",
                    "schema": {
                        "type": ["integer", "null"],
                        "section": "Requests",
                        "minimum": 0,
                        "maximum": 20,
                        "default": 8,
                    },
                },
                "ca_bundle": {
                    "label": "CA bundle",
                    "description": "PEM file on the workers, for a private authority or proxy.",
                    "schema": {"type": ["string", "null"], "section": "Requests"},
                },
            },
        }
    ],
}


def get_provider_info() -> dict[str, Any]:
    """Describe the provider: a literal, since every Airflow process asks for it at its start.

    :return: a copy, since Airflow adds to it.
    """
    return copy.deepcopy(PROVIDER_INFO)
