"""Every sign-in against the emulator's Entra, which checks each as Microsoft's does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from airflow_provider_bc.auth.authorization_code import account_of, begin, read_callback, redeem
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import grant_of, user_of
from airflow_provider_bc.auth.device_code import ask_for_code, wait_for_sign_in
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.token import read_claims
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.emulator.entra.defaults import MANAGED_IDENTITY_ID, PUBLIC_CLIENT_ID, USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval
from airflow_provider_bc.emulator.entra.federation import FederatedCredential, ForeignIssuer
from airflow_provider_bc.emulator.entra.managed_identity import IDENTITY_HEADER
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Lost, Request, Response
from tests.auth.certificates import PASSPHRASE, pem, pem_certificate, pfx, rsa_key
from tests.peer import PATIENT, HandClock

T = TypeVar("T")

ENTRA = "https://login.example.com"
REDIRECT = "http://localhost:53111/callback"
ISSUER = "https://oidc.example.com/"
WORKLOAD = "system:serviceaccount:airflow:worker"


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def perform(emulator: Emulator, conversation: Conversation[T]) -> T:
    answer: Response | Lost | None = None
    try:
        while True:
            step = conversation.send(answer)
            answer = emulator.handle(step) if isinstance(step, Request) else None
    except StopIteration as end:
        result: T = end.value
        return result


def connection(emulator: Emulator, password: str | None = None, **extra: Any) -> Settings:
    return Settings.from_connection(
        login=extra.pop("login", emulator.client_id),
        password=password,
        extra={"tenant_id": emulator.tenant_id, "authority_host": ENTRA, **extra},
    )


def claims_of(granted: Granted) -> dict[str, Any]:
    return read_claims(granted.token.reveal())


def signed_in(emulator: Emulator, settings: Settings, **environ: str) -> dict[str, Any]:
    grant = grant_of(settings, "bc", environ)
    granted = perform(emulator, grant.sign_in(PATIENT, HandClock(), ()))
    assert granted.token.expires_at > 1_000
    return claims_of(granted)


def test_a_client_secret(emulator: Emulator) -> None:
    claims = signed_in(emulator, connection(emulator, emulator.client_secret))

    assert (claims["appid"], claims["appidacr"]) == (emulator.client_id, "1")


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
@pytest.mark.parametrize("write", [pem, pfx])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_certificate_in_a_file(
    emulator: Emulator,
    tmp_path: Path,
    algorithm: str,
    write: Callable[..., bytes],
    passphrase: str | None,
) -> None:
    emulator.application.certificates.append(pem_certificate(rsa_key()).decode())
    file = tmp_path / "certificate"
    file.write_bytes(write(rsa_key(), passphrase))

    claims = signed_in(
        emulator,
        connection(
            emulator,
            certificate_file=str(file),
            private_key_passphrase=passphrase,
            assertion_algorithm=algorithm,
        ),
    )

    assert (claims["appid"], claims["appidacr"]) == (emulator.client_id, "2")


def test_a_certificate_as_text(emulator: Emulator) -> None:
    emulator.application.certificates.append(pem_certificate(rsa_key()).decode())

    claims = signed_in(emulator, connection(emulator, private_key=pem(rsa_key()).decode()))

    assert claims["appidacr"] == "2"


def test_a_certificate_that_was_not_uploaded(emulator: Emulator) -> None:
    settings = connection(emulator, private_key=pem(rsa_key()).decode())

    with pytest.raises(AuthenticationError, match="AADSTS700027") as caught:
        signed_in(emulator, settings)

    assert "Upload the public part" in caught.value.remedy


@pytest.fixture
def issuer(emulator: Emulator) -> ForeignIssuer:
    emulator.application.federated.append(FederatedCredential(ISSUER, WORKLOAD))
    issuer = ForeignIssuer(ISSUER)
    emulator.directory.issuers[ISSUER] = issuer
    return issuer


def test_a_federated_token_whose_file_changes(
    emulator: Emulator, issuer: ForeignIssuer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    now = emulator.clock.now()
    file.write_text(issuer.token(WORKLOAD, now - 7_200))
    settings = connection(
        emulator, grant_type="federated_identity", federated_assertion_file=str(file)
    )
    with pytest.raises(AuthenticationError, match="AADSTS700024") as caught:
        signed_in(emulator, settings)
    assert "federated token file is renewed" in caught.value.remedy

    file.write_text(f"{issuer.token(WORKLOAD, now)}\n")

    assert signed_in(emulator, settings)["appid"] == emulator.client_id


def test_a_federated_token_where_the_webhook_put_it(
    emulator: Emulator, issuer: ForeignIssuer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token(WORKLOAD, emulator.clock.now()))
    settings = connection(emulator, grant_type="federated_identity")

    assert signed_in(emulator, settings, AZURE_FEDERATED_TOKEN_FILE=str(file))["appid"]
    with pytest.raises(ConfigurationError, match="AZURE_FEDERATED_TOKEN_FILE is not set"):
        signed_in(emulator, settings)


def test_a_federated_token_of_another_workload(
    emulator: Emulator, issuer: ForeignIssuer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token(WORKLOAD.upper(), emulator.clock.now()))
    settings = connection(
        emulator, grant_type="federated_identity", federated_assertion_file=str(file)
    )

    with pytest.raises(AuthenticationError, match="AADSTS7002138") as caught:
        signed_in(emulator, settings)

    assert "letter by letter" in caught.value.remedy


def test_the_managed_identity_of_a_machine(emulator: Emulator) -> None:
    settings = connection(emulator, login=None, grant_type="managed_identity")

    claims = signed_in(emulator, settings, AZURE_POD_IDENTITY_AUTHORITY_HOST=ENTRA)

    assert claims["appid"] == MANAGED_IDENTITY_ID


def test_the_managed_identity_of_an_app(emulator: Emulator) -> None:
    settings = connection(emulator, login=MANAGED_IDENTITY_ID, grant_type="managed_identity")
    here = {"IDENTITY_ENDPOINT": f"{ENTRA}/msi/token", "IDENTITY_HEADER": IDENTITY_HEADER}

    assert signed_in(emulator, settings, **here)["appid"] == MANAGED_IDENTITY_ID

    with pytest.raises(AuthenticationError, match="HTTP 4") as caught:
        signed_in(emulator, settings, **{**here, "IDENTITY_HEADER": "guessed-header"})
    assert "Assign a managed identity" in caught.value.remedy
    assert "guessed-header" not in str(caught.value)


@pytest.mark.parametrize("public", [False, True])
def test_a_person_in_a_browser_and_then_by_refresh_token(emulator: Emulator, public: bool) -> None:  # noqa: FBT001
    emulator.directory.auto_approval = AutoApproval(USER)
    login, secret = (PUBLIC_CLIENT_ID, None) if public else (None, emulator.client_secret)
    own = {"login": login} if login else {}
    user = user_of(connection(emulator, secret, grant_type="authorization_code", **own), "bc")
    begun = begin(user, REDIRECT)

    answer = emulator.handle(Request("GET", begun.url))
    assert isinstance(answer, Response)
    assert answer.status == 302, answer.body
    code = read_callback(answer.headers["location"], begun)
    granted = perform(emulator, redeem(user, begun, code, PATIENT, HandClock()))

    assert account_of(granted) == USER
    claims = claims_of(granted)
    assert claims["upn"] == USER
    assert "user_impersonation" in claims["scp"]

    assert granted.refresh_token
    kept = (granted.refresh_token,)
    renewed = perform(emulator, user.sign_in(PATIENT, HandClock(), kept))
    assert renewed.refresh_token not in (None, granted.refresh_token)
    assert claims_of(renewed)["upn"] == USER
    perform(emulator, user.sign_in(PATIENT, HandClock(), kept))  # the older one is still good

    with pytest.raises(AuthenticationError, match="AADSTS54005"):
        perform(emulator, redeem(user, begun, code, PATIENT, HandClock()))


def test_a_person_who_declines(emulator: Emulator) -> None:
    emulator.directory.auto_approval = AutoApproval(USER, consent=False)
    settings = connection(emulator, emulator.client_secret, grant_type="authorization_code")
    begun = begin(user_of(settings, "bc"), REDIRECT)

    answer = emulator.handle(Request("GET", begun.url))

    assert isinstance(answer, Response)
    with pytest.raises(AuthenticationError, match=r"access_denied|AADSTS65004"):
        read_callback(answer.headers["location"], begun)


def test_a_verifier_of_another_sign_in(emulator: Emulator) -> None:
    emulator.directory.auto_approval = AutoApproval(USER)
    settings = connection(emulator, emulator.client_secret, grant_type="authorization_code")
    user = user_of(settings, "bc")
    begun, other = begin(user, REDIRECT), begin(user, REDIRECT)
    answer = emulator.handle(Request("GET", begun.url))
    assert isinstance(answer, Response)
    code = read_callback(answer.headers["location"], begun)

    with pytest.raises(AuthenticationError, match=r"AADSTS501481|AADSTS50147") as caught:
        perform(emulator, redeem(user, other, code, PATIENT, HandClock()))

    assert "another sign-in" in caught.value.remedy


def test_a_person_on_another_machine(emulator: Emulator) -> None:
    emulator.directory.auto_approval = AutoApproval(USER)
    settings = connection(emulator, login=PUBLIC_CLIENT_ID, grant_type="authorization_code")
    user = user_of(settings, "bc")

    code = perform(emulator, ask_for_code(user, PATIENT))
    page = emulator.handle(Request("GET", f"{code.verification_uri}?user_code={code.user_code}"))
    assert isinstance(page, Response)
    waiting = wait_for_sign_in(user, code, PATIENT, HandClock())
    granted = perform(emulator, waiting)

    assert account_of(granted) == USER
    assert granted.refresh_token


def test_azure_identity_where_it_is_installed(emulator: Emulator) -> None:
    settings = connection(
        emulator,
        grant_type="azure_credential",
        azure_credential="tests.auth.credential_classes.Steady",
        azure_credential_secret_arguments='{"value": "azure-token"}',
    )

    granted = perform(emulator, grant_of(settings).sign_in(PATIENT, HandClock(), ()))

    assert granted.token.bearer() == "Bearer azure-token"
    assert urlsplit(settings.scope).path == "/.default"


def test_a_token_of_one_tenant_is_not_taken_for_another(emulator: Emulator) -> None:
    cache = TokenCache()
    here = connection(emulator, emulator.client_secret)
    perform(emulator, cache.acquire(grant_of(here), PATIENT))
    there = here.model_copy(update={"tenant_id": "fabrikam.example.com"})

    with pytest.raises(AuthenticationError, match="AADSTS90002"):
        perform(emulator, cache.acquire(grant_of(there), PATIENT))
