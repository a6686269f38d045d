from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.sign_in_settings import check_redirect_uri
from tests.peer import CLIENT, SECRET, TENANT

FEDERATED = {"grant_type": "federated_identity"}
MANAGED = {"grant_type": "managed_identity"}
AZURE = {"grant_type": "azure_credential"}
PERSON = {"grant_type": "authorization_code"}


def read(password: str | None = None, login: str | None = CLIENT, **extra: Any) -> Settings:
    return Settings.from_connection(
        login=login, password=password, extra={"tenant_id": TENANT, **extra}
    )


def refused(password: str | None = None, login: str | None = CLIENT, **extra: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(password, login, **extra)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("password", "extra"),
    [
        (SECRET, {}),
        (None, {"certificate_file": "/app.pem"}),
        (None, {"private_key": "pem"}),
        (None, FEDERATED),
        (None, {**FEDERATED, "federated_assertion_file": "/token"}),
        (None, {**FEDERATED, "federated_assertion_callable": "package.module.token"}),
        (None, MANAGED),
        (None, {**AZURE, "azure_credential": "AzureCliCredential"}),
        (None, {**AZURE, "azure_credential": "package.Credential"}),
        (None, PERSON),
        (SECRET, PERSON),
        (None, {**PERSON, "certificate_file": "/app.pem"}),
    ],
)
def test_each_grant_is_content_with_what_it_needs(
    password: str | None, extra: dict[str, str]
) -> None:
    assert read(password, **extra).grant_type == extra.get("grant_type", "client_credentials")


@pytest.mark.parametrize("extra", [MANAGED, {**AZURE, "azure_credential": "C"}])
def test_what_azure_knows_itself_need_not_be_told(extra: dict[str, str]) -> None:
    assert read(login=None, **extra).client_id is None


@pytest.mark.parametrize(
    ("password", "login", "extra", "said"),
    [
        (None, CLIENT, {}, "Client secret (client_secret) is missing; a certificate may take"),
        (None, CLIENT, {}, "Certificate with private key (private_key)."),
        (SECRET, None, {}, "Application (client) ID (client_id) is missing."),
        (None, None, FEDERATED, "Application (client) ID (client_id) is missing."),
        (None, None, PERSON, "Application (client) ID (client_id) is missing."),
        (
            SECRET,
            CLIENT,
            {"private_key": "p"},
            "Client secret (client_secret) and Certificate with private key (private_key) exclude",
        ),
        (
            None,
            CLIENT,
            {"private_key": "p", "certificate_file": "f"},
            "Certificate file (certificate_file) and Certificate with private key (private_key)",
        ),
        (
            None,
            CLIENT,
            {**FEDERATED, "federated_assertion_file": "f", "federated_assertion_callable": "a.b"},
            "Federated token file (federated_assertion_file) and Federated token callable",
        ),
        (SECRET, CLIENT, FEDERATED, "Client secret (client_secret) is not used by the grant type"),
        (SECRET, CLIENT, MANAGED, "(client_secret) is not used by the grant type managed_identity"),
        (None, None, AZURE, "azure-identity credential (azure_credential) is missing."),
        (SECRET, CLIENT, {"azure_credential": "C"}, "(azure_credential) is not used by"),
        (SECRET, CLIENT, {"grant_type": "password"}, "Grant type (grant_type): Input should be"),
        (None, CLIENT, {**AZURE, "azure_credential": "a b"}, "is not the name of a class"),
        (
            None,
            CLIENT,
            {**FEDERATED, "federated_assertion_callable": "token"},
            "is not the dotted path of a function",
        ),
        (SECRET, CLIENT, {"assertion_algorithm": "HS256"}, "Assertion algorithm"),
        (SECRET, CLIENT, {"secret_expires_on": "soon"}, "Secret expires on (secret_expires_on)"),
        (SECRET, CLIENT, {"redirect_uri": "http://host/"}, "(redirect_uri) must start with https"),
    ],
)
def test_what_is_missing_or_too_much_is_named_by_its_label(
    password: str | None, login: str | None, extra: dict[str, str], said: str
) -> None:
    assert said in refused(password, login, **extra)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = refused(None, None, page_size="many")

    for part in ("client_id", "client_secret", "page_size"):
        assert f"({part})" in said


@pytest.mark.parametrize("arguments", [{"a": 1}, '{"a": 1}', SecretStr('{"a": 1}')])
def test_arguments_are_a_json_object_however_they_were_written(arguments: Any) -> None:
    found = read(
        **AZURE, azure_credential="C", azure_credential_secret_arguments=arguments
    ).azure_credential_secret_arguments

    assert found == SecretStr('{"a": 1}')


@pytest.mark.parametrize("arguments", ["{", "[1]", '"text"', 1, [1]])
def test_arguments_that_are_no_object_are_refused(arguments: Any) -> None:
    said = refused(**AZURE, azure_credential="C", azure_credential_secret_arguments=arguments)

    assert "azure-identity arguments (azure_credential_secret_arguments) is not a JSON" in said


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("bc_second", ("bc_second",)),
        (" bc_second , bc-3. ,", ("bc_second", "bc-3.")),
        ('["a", "b"]', ("a", "b")),
        (["a", "b"], ("a", "b")),
        (("a",), ("a",)),
        ("[]", ()),
        (None, None),
    ],
)
def test_principals_are_a_comma_list_or_a_json_list(
    written: Any, means: tuple[str, ...] | None
) -> None:
    assert read(SECRET, principals=written).principals == means


@pytest.mark.parametrize("written", ["a b", "[1]", "[", 5, {"a": 1}, ["a/b"]])
def test_what_are_no_connection_ids_are_refused(written: Any) -> None:
    assert "Other connections (principals) is not a list" in refused(SECRET, principals=written)


def test_a_date_is_read_as_the_form_writes_it() -> None:
    assert read(SECRET, secret_expires_on="2026-03-01").secret_expires_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    "uri",
    [
        "https://airflow.example.com/bc/callback",
        "https://airflow.example.com:8443/bc/callback?x=1",
        "http://localhost",
        "http://localhost:53111/callback",
        "http://127.0.0.1:8400/Callback",
        "https://a/" + "x" * 246,
    ],
)
def test_a_redirect_uri_that_microsoft_takes(uri: str) -> None:
    check_redirect_uri(uri)

    assert read(SECRET, redirect_uri=uri).redirect_uri == uri


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("", "https://"),
        ("airflow.example.com", "https://"),
        ("http://airflow.example.com/", "https://"),
        ("http://[::1]:8400/", "https://"),
        ("myapp://auth", "https://"),
        ("https:///path", "https://"),
        ("https://a/" + "x" * 247, "256"),
        *[(f"https://a/{mark}", "do without") for mark in "!$'(),;*ü"],
        ("https://*.example.com/", "do without"),
        ("https://a/x\n", "do without"),
        ("https://a/#part", "no fragment"),
        ("https://user@a/", "no fragment, user name"),
        ("https://a/x y", "or blank"),
    ],
)
def test_a_redirect_uri_that_microsoft_does_not_take(uri: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        check_redirect_uri(uri)


@given(st.text(min_size=12))
def test_no_credential_is_in_a_text_of_the_settings(secret: str) -> None:
    keyed = {"private_key": f"k{secret}k", "private_key_passphrase": f"p{secret}p"}
    arguments = json.dumps({"client_secret": f"a{secret}a"})
    azure = {"azure_credential": "C", "azure_credential_secret_arguments": arguments}
    for found in (read(**keyed), read(**AZURE, **azure)):
        text = f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
        for value in (*keyed.values(), f"a{secret}a"):
            assert value not in text


@pytest.mark.parametrize("fault", [{"page_size": "many"}, {"redirect_uri": "x"}])
def test_no_credential_is_in_an_error(fault: dict[str, str]) -> None:
    said = refused(private_key=SECRET, private_key_passphrase=SECRET, **fault)

    assert SECRET not in said
