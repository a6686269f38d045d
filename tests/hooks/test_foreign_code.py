"""Who may edit a connection cannot make Airflow run just any code."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.connection_settings import settings_of
from airflow_provider_bc.settings import Settings
from tests.peer import CLIENT, TENANT

OPTION = "AIRFLOW__BUSINESS_CENTRAL__ALLOWED_CALLABLES"


def read(**extra: str) -> Settings:
    text = json.dumps({"tenant_id": TENANT, **extra})
    return settings_of("bc", Connection(conn_id="bc", conn_type="x", login=CLIENT, extra=text))


@pytest.mark.parametrize(
    "name",
    [
        "subprocess.Popen",
        "azure.identity._internal.Anything",
        "azure.identity.aio.AzureCliCredential",
        "azure.identity.get_bearer_token_provider",
    ],
)
def test_a_class_of_somebody_else_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="does not allow") as caught:
        read(grant_type="azure_credential", azure_credential=name)

    assert name in caught.value.message
    assert "[business_central] allowed_callables" in caught.value.remedy


@pytest.mark.parametrize("name", ["AzureCliCredential", "azure.identity.AzureCliCredential"])
def test_a_class_of_azure_identity_is_taken(name: str) -> None:
    assert read(grant_type="azure_credential", azure_credential=name).azure_credential == name


def test_a_function_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"names os\.abort, which this deployment"):
        read(grant_type="federated_identity", federated_assertion_callable="os.abort")


def test_what_the_deployment_allows_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTION, "tokens.workload, credentials.Steady")

    read(grant_type="federated_identity", federated_assertion_callable="tokens.workload")
    read(grant_type="azure_credential", azure_credential="credentials.Steady")
    with pytest.raises(ConfigurationError, match="does not allow"):
        read(grant_type="federated_identity", federated_assertion_callable="tokens.workloads")
