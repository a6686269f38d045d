from __future__ import annotations

import copy
import time

import pytest

from airflow_provider_bc.auth.azure_credential import AzureCredential
from airflow_provider_bc.auth.choice import grant_of
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.emulator import Emulator, serve
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.settings import Settings
from tests.peer import PATIENT, HandClock, Peer

CLASSES = "tests.auth.credential_classes"
SCOPE = "https://api.businesscentral.dynamics.com/.default"


def signed_in(name: str, arguments: str = "{}") -> Granted:
    grant = AzureCredential(name, arguments, SCOPE)
    return Peer().converse(grant.sign_in(PATIENT, HandClock()))


def test_the_token_ends_when_the_credential_says() -> None:
    granted = signed_in(f"{CLASSES}.Steady", '{"value": "t"}')

    assert granted.token.bearer() == "Bearer t"
    assert granted.token.expires_at == pytest.approx(1_000 + 3_600, abs=5)


def test_wrong_arguments_are_refused_without_showing_them() -> None:
    with pytest.raises(ConfigurationError, match="cannot be made of its arguments: TypeError") as e:
        signed_in(f"{CLASSES}.Steady", '{"valeu": "a-secret-argument"}')

    assert "a-secret-argument" not in str(e.value)
    assert e.value.__cause__ is None


def test_a_refusal_is_told_without_what_it_said() -> None:
    with pytest.raises(AuthenticationError, match="Refusing gave no token: RuntimeError") as caught:
        signed_in(f"{CLASSES}.Refusing")

    assert "a-secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_class_alone_is_one_of_azure_identity() -> None:
    with pytest.raises(AuthenticationError, match="EnvironmentCredential gave no token"):
        signed_in("EnvironmentCredential")
    with pytest.raises(ConfigurationError, match=r"azure\.identity\.NoSuchCredential") as caught:
        signed_in("NoSuchCredential")
    assert "airflow-provider-bc[azure]" in caught.value.remedy


def test_a_class_of_somebody_else_must_be_installed() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.Credential cannot be imported") as e:
        signed_in("nowhere.Credential")
    assert "[azure]" not in e.value.remedy


def test_arguments_tell_tokens_apart_and_are_not_shown() -> None:
    one, two = (AzureCredential("C", f'{{"s": "secret-{n}"}}', SCOPE) for n in range(2))

    assert one.key != two.key
    assert "secret" not in f"{one!r} {one.key!r}"
    assert not one.needs_refresh_token
    assert not one.shareable
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(one)


def test_a_credential_of_azure_identity_signs_in_at_the_emulators_entra() -> None:
    with serve(Emulator(limits=False), tls=True) as server:
        emulator = server.emulator
        arguments = {
            "tenant_id": emulator.tenant_id,
            "client_id": emulator.client_id,
            "client_secret": emulator.client_secret,
            "authority": server.url,
            "disable_instance_discovery": True,
            "connection_verify": server.ca_file,
        }
        found = Settings.from_connection(
            extra={
                "tenant_id": emulator.tenant_id,
                "grant_type": "azure_credential",
                "azure_credential": "ClientSecretCredential",
                "azure_credential_secret_arguments": arguments,
            }
        )
        granted = Peer().converse(grant_of(found).sign_in(PATIENT, time.monotonic, ()))

        assert emulator.log.count(kind="token") == 1

    assert granted.token.claims().app_id == emulator.client_id
    assert 3_000 < granted.token.expires_at - time.monotonic() < 3_700
