from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_bc.auth.federated import FederatedAssertion, import_named
from airflow_provider_bc.errors import ConfigurationError
from tests.peer import Peer

CALLABLES = "tests.auth.credential_classes"


def proof(assertion: FederatedAssertion) -> dict[str, str]:
    return Peer().converse(assertion.prove())("https://any")


def test_a_file_is_read_anew_for_each_sign_in(tmp_path: Path) -> None:
    file = tmp_path / "token"
    assertion = FederatedAssertion.from_file(str(file))
    for token in ("a.b.c", "d.e.f"):
        file.write_text(f"{token}\n")
        assert proof(assertion)["client_assertion"] == token
    assert proof(assertion)["client_assertion_type"].endswith("client-assertion-type:jwt-bearer")


def test_a_function_is_called_for_each_sign_in() -> None:
    assertion = FederatedAssertion.from_callable(f"{CALLABLES}.good")

    assert proof(assertion)["client_assertion"] == "a.b.c"
    assert assertion.secrets == ()
    assert assertion.digest != FederatedAssertion.from_callable(f"{CALLABLES}.other").digest


@pytest.mark.parametrize("content", ["", "opaque", "a.b"])
def test_what_is_no_jwt_is_not_sent(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)

    with pytest.raises(ConfigurationError, match="gave no JWT"):
        proof(FederatedAssertion.from_file(str(file)))


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "token"
    if content:
        file.write_bytes(content)

    with pytest.raises(
        ConfigurationError, match=r"Federated token file .* cannot be read"
    ) as caught:
        proof(FederatedAssertion.from_file(str(file)))

    assert "one JWT" in caught.value.remedy


def test_a_function_that_fails_is_named_without_what_it_said() -> None:
    with pytest.raises(ConfigurationError, match="failing raised RuntimeError") as caught:
        proof(FederatedAssertion.from_callable(f"{CALLABLES}.failing"))

    assert "a-secret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_function_that_gives_no_jwt_is_refused_without_showing_what_it_gave() -> None:
    with pytest.raises(ConfigurationError, match="no_jwt gave no JWT") as caught:
        proof(FederatedAssertion.from_callable(f"{CALLABLES}.no_jwt"))

    assert "no-token-at-all" not in str(caught.value)


@pytest.mark.parametrize("path", ["nowhere.at.all", f"{CALLABLES}.missing", "alone"])
def test_what_cannot_be_imported_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{path} cannot be imported") as caught:
        import_named(path)

    assert "workers" in caught.value.remedy
