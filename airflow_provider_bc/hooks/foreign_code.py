"""The code that a connection may name: who edits connections must not thereby run just any code.

Connections are edited in Airflow's UI, and read by workers, the triggerer and the API server, which
hold more secrets than their editors may know.
https://airflow.apache.org/docs/apache-airflow/stable/security/security_model.html
"""

from __future__ import annotations

import re

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import Settings

OPTION = "allowed_callables"

_OF_AZURE_IDENTITY = re.compile(r"(azure\.identity\.)?[A-Z]\w*", re.ASCII)


def check_named_code(settings: Settings, allowed: str) -> None:
    """Refuse a class or function that neither azure-identity brings nor the deployment allows.

    :param settings: of a connection.
    :param allowed: the dotted paths that ``[business_central] allowed_callables`` lists.
    :raises ConfigurationError: naming it, and where to allow it.
    """
    listed = {path.strip() for path in allowed.split(",")}
    credential, function = settings.azure_credential, settings.federated_assertion_callable
    if credential and not _OF_AZURE_IDENTITY.fullmatch(credential) and credential not in listed:
        raise _refusal("azure-identity credential (azure_credential)", credential)
    if function and function not in listed:
        raise _refusal("Federated token callable (federated_assertion_callable)", function)


def _refusal(field: str, path: str) -> ConfigurationError:
    return ConfigurationError(
        f"{field} names {path}, which this deployment does not allow.",
        remedy=f"Let whoever deploys Airflow add it to [business_central] {OPTION}, on every "
        "component, or name a class of azure.identity.",
    )
