from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.auth.stored import Stored
from airflow_provider_bc.hooks.token_store import configured_store, process_tokens
from tests.peer import grant

KEY = Fernet.generate_key().decode()
OTHER = Fernet.generate_key().decode()


def option_of(store: str | None = "", keys: str | None = KEY) -> Any:
    values = {("business_central", "token_store"): store, ("core", "fernet_key"): keys}
    return lambda section, name, fallback: values[section, name] or fallback


def test_it_is_in_airflows_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))

    store = configured_store(option_of())

    assert repr(store) == f"TokenStore('{tmp_path / 'business_central_tokens'}')"
    assert KEY not in repr(store)


def test_it_is_where_the_configuration_says(tmp_path: Path) -> None:
    store = configured_store(option_of(str(tmp_path / "here")))

    assert store is not None
    store.write(grant().key, Stored("token"))
    assert [file.suffix for file in (tmp_path / "here").iterdir()] == [".token"]


@pytest.mark.parametrize("off", ["off", " OFF "])
def test_it_may_be_off(off: str) -> None:
    assert configured_store(option_of(off)) is None


@pytest.mark.parametrize("keys", [None, "", "no key", f"{KEY},no key"])
def test_without_a_key_nothing_is_stored_and_the_log_says_so(
    keys: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    assert configured_store(option_of(keys=keys)) is None

    assert "fernet_key" in caplog.text
    assert KEY not in caplog.text


def test_a_key_may_be_rotated_as_airflow_rotates_it(tmp_path: Path) -> None:
    place, key = str(tmp_path / "here"), grant().key
    old, both, new = (
        configured_store(option_of(place, keys)) for keys in (KEY, f"{OTHER}, {KEY}", OTHER)
    )
    assert old
    assert both
    assert new
    old.write(key, Stored("token"))

    assert both.read(key) == Stored("token")
    assert new.read(key) == Stored()


def test_every_hook_of_a_process_shares_one_cache() -> None:
    assert process_tokens() is process_tokens()
