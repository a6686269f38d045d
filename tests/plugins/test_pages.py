"""What a page tells of an error, and what of it a cookie can hold."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet, MultiFernet

from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.plugins.connect.cookies import OUTCOME
from airflow_provider_bc.plugins.connect.pages import Trouble, shortened
from airflow_provider_bc.plugins.connect.seal import Seal

ATTRIBUTES = "; HttpOnly; Max-Age=120; Path=/business-central; SameSite=lax; Secure"


@pytest.mark.parametrize("letter", ["a", "ü", "証", "😀", '"', "\x01", "\ud800"])
def test_the_longest_trouble_in_any_letters_fits_into_a_cookie(letter: str) -> None:
    long = letter * 5000
    error = AuthenticationError(long, remedy=long, code=long, correlation_id=long)
    trouble = Trouble.of(error)
    seal = Seal(MultiFernet([Fernet(Fernet.generate_key())]))

    content = {"conn_id": "c" * 250, **trouble.as_dict()}
    cookie = seal.close("outcome", "olga@contoso.com", content)

    assert len(f"{OUTCOME}={cookie}{ATTRIBUTES}") < 4096
    assert trouble.cause
    assert long.encode(errors="replace").startswith(trouble.cause.encode())
    assert seal.open("outcome", "olga@contoso.com", cookie, 10)["conn_id"] == "c" * 250


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [("short", 5, "short"), ("shorter", 5, "short"), ("üüü", 5, "üü"), ("", 5, "")],
)
def test_a_text_is_cut_by_bytes_between_characters(text: str, most: int, cut: str) -> None:
    assert shortened(text, most) == cut
