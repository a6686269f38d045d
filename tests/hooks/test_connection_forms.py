"""A connection is the same, whichever way it was written down."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from airflow.sdk import Connection
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.settings import Settings

CLIENT_ID = "5d115c9c-44e3-4a11-bb43-000d3a2feca1"
TENANT = "cronus.example.com"
SECRETS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x7f"), min_size=1
).filter(lambda text: text == text.strip())
awkward = example("a+b &c=d%e/f#g?h@i:j~k ü€😀 '\"")


@contextmanager
def connection(text: str) -> Iterator[Settings]:
    """Let AIRFLOW_CONN_BC be a text, and read it as a task would."""
    os.environ["AIRFLOW_CONN_BC"] = text
    try:
        yield BusinessCentralHook("bc").settings
    finally:
        del os.environ["AIRFLOW_CONN_BC"]


def as_airflow(secret: str, **extra: object) -> Connection:
    return Connection(
        conn_id="bc",
        conn_type="business_central",
        login=CLIENT_ID,
        password=secret,
        host="http://127.0.0.1",
        port=8765,
        extra=json.dumps({"tenant_id": TENANT, **extra}),
    )


@given(SECRETS)
@awkward
def test_any_secret_survives_the_json_form(secret: str) -> None:
    with connection(as_airflow(secret).as_json()) as settings:
        assert settings.client_secret == SecretStr(secret)


@given(SECRETS)
@awkward
def test_any_secret_survives_the_uri_form(secret: str) -> None:
    with connection(as_airflow(secret).get_uri()) as settings:
        assert settings.client_secret == SecretStr(secret)
        assert settings.api_root == "http://127.0.0.1:8765"
        assert (settings.client_id, settings.tenant_id) == (CLIENT_ID, TENANT)


def test_numbers_and_booleans_keep_their_meaning_in_the_flat_uri_form() -> None:
    flat = f"business-central://{CLIENT_ID}:secret@:443/?tenant_id={TENANT}"
    with connection(f"{flat}&page_size=100&read_replica=false&timeout=30.5") as settings:
        assert (settings.page_size, settings.read_replica, settings.timeout) == (100, False, 30.5)
        assert settings.api_root == "https://api.businesscentral.dynamics.com"


def test_what_the_form_leaves_empty_takes_its_default() -> None:
    empty = dict.fromkeys(("environment", "company", "scope", "page_size", "ca_bundle"))
    with connection(as_airflow("secret", **empty).as_json()) as from_null:
        pass
    with connection(as_airflow("secret", **dict.fromkeys(empty, "")).as_json()) as from_blank:
        pass
    with connection(as_airflow("secret").as_json()) as from_missing:
        pass
    assert from_null == from_blank == from_missing
    assert from_missing.environment == "Production"


def test_an_unknown_key_is_refused_with_the_right_one() -> None:
    text = as_airflow("secret", tenat_id=TENANT).as_json()
    with (
        pytest.raises(ConfigurationError, match=r"'bc'.*tenat_id.*did you mean tenant_id\?"),
        connection(text),
    ):
        pass


@pytest.mark.parametrize("extra", ["{not json", "[1]", '"text"'])
def test_an_extra_that_is_no_object_is_refused(extra: str) -> None:
    text = json.dumps({"conn_type": "business_central", "login": CLIENT_ID, "extra": extra})
    with pytest.raises(ConfigurationError, match="Extra is not a JSON object"), connection(text):
        pass


def test_no_error_shows_the_secret() -> None:
    secret = "very-secret-value"
    text = as_airflow(secret, client_secret="another-secret", page_size="x").as_json()
    with pytest.raises(ConfigurationError) as caught, connection(text):
        pass
    assert secret not in str(caught.value)
    assert "another-secret" not in str(caught.value)


def test_a_hook_may_name_another_environment_and_company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BC", as_airflow("secret", company="A").as_json())
    settings = BusinessCentralHook("bc", environment="Sandbox", company="B").settings
    assert (settings.environment, settings.company) == ("Sandbox", "B")


def test_blanks_around_a_pasted_secret_are_dropped() -> None:
    with connection(as_airflow(" pasted secret\n").as_json()) as settings:
        assert settings.client_secret == SecretStr("pasted secret")


def test_a_hook_is_pickled_without_its_secret() -> None:
    os.environ["AIRFLOW_CONN_BC"] = as_airflow("a-secret-to-find").as_json()
    hook = BusinessCentralHook("bc", company="B")
    assert hook.settings.company == "B"
    text = pickle.dumps(hook)
    assert b"a-secret-to-find" not in text
    assert pickle.loads(text).settings == hook.settings  # noqa: S301 - just written
    del os.environ["AIRFLOW_CONN_BC"]
