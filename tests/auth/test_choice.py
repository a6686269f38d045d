from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_provider_bc.auth.azure_credential import AzureCredential
from airflow_provider_bc.auth.certificate import Certificate
from airflow_provider_bc.auth.choice import grant_of
from airflow_provider_bc.auth.client_authentication import ClientSecret, PublicClient
from airflow_provider_bc.auth.client_credentials import ClientCredentials
from airflow_provider_bc.auth.federated import FederatedAssertion
from airflow_provider_bc.auth.managed_identity import ManagedIdentity
from airflow_provider_bc.auth.user import SignedInUser
from airflow_provider_bc.settings import Settings
from tests.auth.certificates import pem, rsa_key
from tests.peer import CLIENT, SECRET, TENANT


def connection(password: str | None = None, login: str | None = CLIENT, **extra: Any) -> Settings:
    return Settings.from_connection(
        login=login, password=password, extra={"tenant_id": TENANT, **extra}
    )


def test_an_app_signs_in_by_the_one_credential_that_is_given(tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_bytes(pem(rsa_key()))
    made = [
        grant_of(connection(SECRET)),
        grant_of(connection(certificate_file=str(file))),
        grant_of(connection(private_key=pem(rsa_key()).decode())),
    ]

    for grant, kind in zip(made, (ClientSecret, Certificate, Certificate), strict=True):
        assert isinstance(grant, ClientCredentials)
        assert isinstance(grant.authentication, kind)
        assert not grant.needs_refresh_token
    assert made[1].key == made[2].key != made[0].key


def test_a_function_may_give_the_federated_token() -> None:
    grant = grant_of(
        connection(
            grant_type="federated_identity",
            federated_assertion_callable="tests.auth.credential_classes.good",
        )
    )

    assert isinstance(grant, ClientCredentials)
    assert isinstance(grant.authentication, FederatedAssertion)


def test_a_person_signs_in_with_or_without_a_credential_of_the_app() -> None:
    for password, kind in ((SECRET, ClientSecret), (None, PublicClient)):
        grant = grant_of(connection(password, grant_type="authorization_code"), "bc")
        assert isinstance(grant, SignedInUser)
        assert isinstance(grant.authentication, kind)


def test_azure_needs_no_client_id() -> None:
    assert isinstance(
        grant_of(connection(login=None, grant_type="managed_identity"), environ={}),
        ManagedIdentity,
    )
    credential = grant_of(
        connection(login=None, grant_type="azure_credential", azure_credential="AzureCliCredential")
    )
    assert isinstance(credential, AzureCredential)
    assert credential.arguments == "{}"
