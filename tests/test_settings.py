from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import API_URL, MAX_PAGE_SIZE, SCOPE, Settings
from tests.peer import CLIENT, SECRET, TENANT, settings

CONNECTION: dict[str, Any] = {"login": CLIENT, "password": SECRET}


def refused(extra: dict[str, Any] | None = None, **standard: Any) -> str:
    """Read a connection that is wrong, and give the error's text."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_connection(
            **{**CONNECTION, **standard}, extra={"tenant_id": TENANT, **(extra or {})}
        )
    return str(caught.value)


def test_three_values_are_enough() -> None:
    assert settings().model_dump(exclude={"client_secret"}) == {
        "client_id": CLIENT,
        "api_url": API_URL,
        "port": None,
        "tenant_id": TENANT,
        "environment": "Production",
        "company": None,
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "authority_host": "https://login.microsoftonline.com",
        "tenant_in_url": False,
        "read_replica": True,
        "language": "en-US",
        "page_size": 5_000,
        "timeout": 600,
        "max_retries": 8,
        "ca_bundle": None,
        "web_client_url": None,
        "secret_expires_on": None,
        "certificate_file": None,
        "private_key": None,
        "private_key_passphrase": None,
        "assertion_algorithm": "PS256",
        "federated_assertion_file": None,
        "federated_assertion_callable": None,
        "redirect_uri": None,
        "azure_credential": None,
        "azure_credential_secret_arguments": None,
        "principals": None,
    }


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_missing_null_and_blank_mean_the_same(blank: str | None) -> None:
    everything = dict.fromkeys(Settings.model_fields.keys() - {"client_id", "client_secret"}, blank)
    for name in ("api_url", "port"):
        del everything[name]
    everything["tenant_id"] = TENANT

    assert Settings.from_connection(**CONNECTION, host=blank, extra=everything) == settings()


def test_a_connection_without_extra_lacks_only_its_tenant() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_connection(**CONNECTION)

    assert str(caught.value) == (
        "Directory (tenant) ID (tenant_id) is missing. Correct the connection or the DAG."
    )


def test_an_empty_connection_names_everything_that_is_missing_by_its_label() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_connection()

    for label in ("Application (client) ID", "Client secret", "Directory (tenant) ID"):
        assert f"{label} (" in str(caught.value)
    assert str(caught.value).count("is missing") == 3


def test_the_port_0_of_the_form_means_none() -> None:
    assert Settings.from_connection(**CONNECTION, port=0, extra={"tenant_id": TENANT}).port is None


@pytest.mark.parametrize("wrapped", [str, SecretStr])
def test_blanks_around_a_value_do_not_count_not_even_those_of_a_pasted_secret(
    wrapped: Callable[[str], str | SecretStr],
) -> None:
    read = Settings.from_connection(
        login=f" {CLIENT}\n", password=wrapped(" s ~\n"), extra={"tenant_id": f"\t{TENANT} "}
    )

    assert (read.client_id, read.tenant_id) == (CLIENT, TENANT)
    assert read.client_secret == SecretStr("s ~")


def test_settings_cannot_leave_their_process() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(settings())


def test_a_dag_overrides_the_connection_unless_it_says_none() -> None:
    read = Settings.from_connection(
        **CONNECTION,
        extra={"tenant_id": TENANT, "environment": "Production", "company": "CRONUS"},
        environment="Sandbox",
        company=None,
    )

    assert (read.environment, read.company) == ("Sandbox", "CRONUS")


@given(
    st.integers(1, MAX_PAGE_SIZE),
    st.floats(1, 3600),
    st.integers(0, 20),
    st.booleans(),
    st.sampled_from([str, lambda value: f" {value} "]),
)
def test_text_means_the_same_as_the_value(
    page_size: int,
    timeout: float,
    max_retries: int,
    flag: bool,  # noqa: FBT001
    write: Any,
) -> None:
    values = {
        "page_size": page_size,
        "timeout": timeout,
        "max_retries": max_retries,
        "tenant_in_url": flag,
        "read_replica": not flag,
    }

    assert settings(**{name: write(value) for name, value in values.items()}) == settings(**values)


def read_or_refused(connection: dict[str, Any], extra: dict[str, Any]) -> Settings | None:
    try:
        return Settings.from_connection(**connection, extra=extra)
    except ConfigurationError:
        return None


@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), st.text() | st.integers()))
def test_whatever_the_extra_fields_say_they_are_read_or_refused_in_our_words(
    extra: dict[str, Any],
) -> None:
    read_or_refused(CONNECTION, extra)


@given(st.text() | st.sampled_from("/@?#:[]%\\").map("https://a{}b".format))
def test_whatever_the_host_says_it_is_read_or_refused_in_our_words(host: str) -> None:
    read = read_or_refused({**CONNECTION, "host": host}, {"tenant_id": TENANT})

    assert read is None or urlsplit(read.api_root).hostname


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("client_id", "Application (client) ID"),
        ("client_secret", "Client secret"),
        ("api_url", "API URL"),
        ("port", "Port (443)"),
    ],
)
def test_a_standard_field_does_not_hide_in_the_extra_fields(name: str, label: str) -> None:
    assert refused({name: "x"}) == (
        f"{name} is not an extra field. Fill in the field {label!r} of the connection."
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("clientid", "Application (client) ID"),
        ("client_secre", "Client secret"),
        ("apiurl", "API URL"),
        ("ports", "Port (443)"),
    ],
)
def test_a_misspelt_standard_field_leads_to_the_field_of_the_form(name: str, label: str) -> None:
    said = refused({name: "x"})

    assert f"{name}: unknown field; did you mean the field {label!r} of the connection?" in said


def test_a_name_like_no_other_comes_with_every_extra_field_and_no_standard_one() -> None:
    known = refused({"zzz": "x"}).partition("there are ")[2].partition(".")[0].split(", ")

    standard = {"client_id", "client_secret", "api_url", "port"}
    assert set(known) == Settings.model_fields.keys() - standard


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize("name", ["environment", "company", "tenant_id"])
def test_a_blank_override_is_refused_for_a_template_may_have_rendered_to_nothing(
    name: str, blank: str
) -> None:
    overrides: dict[str, Any] = {name: blank}
    with pytest.raises(ConfigurationError, match=f"^{name} is blank") as caught:
        Settings.from_connection(
            **CONNECTION, extra={"tenant_id": TENANT, "company": "CRONUS"}, **overrides
        )

    assert "None takes the connection's" in caught.value.remedy


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"enviroment": "x"}, "enviroment: unknown field; did you mean environment?"),
        ({"zzz": "x"}, "zzz: unknown field; there are assertion_algorithm, authority_host,"),
        ({"tenant_id": "common"}, "'common', but an app signs in to one tenant"),
        ({"tenant_id": "Organizations"}, "an app signs in to one tenant"),
        ({"tenant_id": f"{{{TENANT}}}"}, "Directory (tenant) ID (tenant_id) is neither a GUID"),
        ({"tenant_id": "contoso"}, "is neither a GUID nor a domain"),
        ({"environment": "My Sandbox"}, "Environment (environment) is not an environment name"),
        ({"environment": "a/b"}, "is not an environment name"),
        ({"scope": "https%3A%2F%2Fhost"}, "Scope (scope) must be one resource"),
        ({"scope": "a b"}, "must be one resource"),
        ({"scope": "https://host/user_impersonation"}, "must name a resource and end with"),
        ({"scope": "user_impersonation"}, "must name a resource and end with"),
        ({"scope": "/.default"}, "must name a resource and end with"),
        ({"grant_type": "password"}, "Grant type (grant_type): Input should be"),
        ({"language": "English (US)"}, "Language (language) is not a language tag"),
        ({"page_size": 0}, "Page size (page_size): Input should be greater than or equal to 1."),
        ({"page_size": 20_001}, "Input should be less than or equal to 20000."),
        ({"timeout": 3601}, "Timeout (seconds) (timeout): Input should be less than or equal"),
        ({"timeout": 0.5}, "Input should be greater than or equal to 1."),
        ({"max_retries": 21}, "Retries (max_retries): Input should be less than or equal to 20."),
        ({"timeout": "nan"}, "Timeout (seconds) (timeout): Input should be"),
        ({"max_retries": "many"}, "Retries (max_retries): Input should be a valid integer"),
        ({"authority_host": "http://login.example.com"}, "must start with https://"),
        (
            {"authority_host": "https://login.example.com/tenant"},
            "without '/tenant': tenant, environment and company have fields of their own",
        ),
    ],
)
def test_a_wrong_extra_field_is_named_by_its_label(extra: dict[str, Any], said: str) -> None:
    assert said in refused(extra)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://bc.example.com", "API URL (api_url) must start with https://"),
        ("ftp://localhost", "must start with https://"),
        ("https://", "API URL (api_url) has no host name."),
        ("https://host/v2.0/Production", "without '/v2.0/Production'"),
        ("https://user:pw@host", "must be scheme and host only"),
        ("https://user@host", "must be scheme and host only"),
        ("https://@host", "must be scheme and host only"),
        ("https://host?x=1", "must be scheme and host only"),
        ("https://host#x", "must be scheme and host only"),
        ("https://host:notaport", "Port could not be cast"),
        ("https://host:70000", "Port out of range"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://my host", "is not a host name"),
        ("https://логин.рф", "in punycode"),
        ("https://bücher.example", "in punycode"),
        ("https://api.bu\u017fine\u017f\u017f.example", "in punycode"),
    ],
)
def test_a_wrong_api_url_is_refused(host: str, said: str) -> None:
    assert said in refused(host=host)


def test_a_client_id_must_be_a_guid() -> None:
    assert "Application (client) ID (client_id) is not a GUID." in refused(login="my app")


@pytest.mark.parametrize(
    ("host", "port", "root"),
    [
        (None, None, API_URL),
        ("bc.example.com", None, "https://bc.example.com"),
        ("https://bc.example.com/", None, "https://bc.example.com"),
        ("https://api.businesscentral.dynamics.com/v2.0/", 443, API_URL),
        ("https://bc.example.com:8443", None, "https://bc.example.com:8443"),
        ("https://bc.example.com", 8443, "https://bc.example.com:8443"),
        ("https://bc.example.com:8443", 8443, "https://bc.example.com:8443"),
        ("https://bc.example.com", 80, "https://bc.example.com:80"),
        ("HTTP://LOCALHOST", 80, "http://localhost"),
        ("http://127.0.0.1", 5000, "http://127.0.0.1:5000"),
        ("http://[::1]:5000", None, "http://[::1]:5000"),
        ("http://127.8.9.1:443", None, "http://127.8.9.1:443"),
    ],
)
def test_host_and_port_make_the_root_of_the_api(
    host: str | None, port: int | None, root: str
) -> None:
    read = Settings.from_connection(**CONNECTION, host=host, port=port, extra={"tenant_id": TENANT})

    assert read.api_root == root


def test_two_different_ports_are_one_too_many() -> None:
    said = refused(host="https://bc.example.com:8443", port=9443)

    assert said.startswith("API URL names port 8443, Port (443) says 9443: give one of them.")


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("https://api.businesscentral.dynamics.com", SCOPE),
        ("https://api.businesscentral.dynamics.com/", SCOPE),
        (SCOPE, SCOPE),
        ("996def3d-b36c-4153-8607-a6fd3c01b89f", "996def3d-b36c-4153-8607-a6fd3c01b89f/.default"),
        ("api://bc", "api://bc/.default"),
    ],
)
def test_a_scope_names_its_resource_with_or_without_default(given_: str, kept: str) -> None:
    assert settings(scope=given_).scope == kept


@pytest.mark.parametrize("tenant", [TENANT, TENANT.upper(), "contoso.onmicrosoft.com", "a-b.de"])
def test_a_tenant_is_a_guid_or_a_domain(tenant: str) -> None:
    assert settings(tenant_id=tenant).tenant_id == tenant


@given(st.text("abcdefXYZ0123456789&%='\"<>ü", min_size=12))
def test_a_secret_is_in_no_text_of_the_settings_or_of_an_error(secret: str) -> None:
    assume(secret not in CLIENT)
    read = Settings.from_connection(login=CLIENT, password=secret, extra={"tenant_id": TENANT})
    assert secret not in f"{read!r} {read} {read.model_dump()} {read.model_dump_json()}"

    with pytest.raises(ConfigurationError) as caught:
        Settings.from_connection(login="wrong", password=secret, extra={"page_size": "many"})

    assert secret not in str(caught.value)
    assert caught.value.__context__ is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().environment = "Sandbox"  # type: ignore[misc]


def test_every_field_has_a_label_of_its_own() -> None:
    titles = [field.title for field in Settings.model_fields.values()]

    assert all(titles)
    assert len(set(titles)) == len(titles)
