"""What is said of a failing store."""

from __future__ import annotations

import pytest
from deltalake.exceptions import DeltaError

from airflow_provider_bc.sync.delta.store_errors import without_secrets

OPTIONS = {"account_key": "s3cr3t+value", "region": "eu-north-1"}


def test_an_error_without_a_secret_stays_as_it_is() -> None:
    error = OSError("eu-north-1 does not answer")

    with pytest.raises(OSError, match="does not answer") as caught, without_secrets(OPTIONS):
        raise error

    assert caught.value is error


@pytest.mark.parametrize("kind", [OSError, DeltaError, PermissionError])
@pytest.mark.parametrize("form", ["s3cr3t+value", "s3cr3t%2Bvalue"])
def test_a_secret_is_hidden_in_any_form(kind: type[Exception], form: str) -> None:
    told = pytest.raises((OSError, DeltaError), match=r"refused \*\*\*")
    with told as caught, without_secrets(OPTIONS):
        raise kind(f"refused {form}")

    assert caught.value.__cause__ is None
