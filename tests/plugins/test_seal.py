"""A seal opens in time, for its purpose and its user, and for nothing else."""

from __future__ import annotations

import copy
import pickle
import time

import pytest
from cryptography.fernet import Fernet, MultiFernet

from airflow_provider_bc.plugins.connect.seal import BrokenSeal, Seal

CIPHER = MultiFernet([Fernet(Fernet.generate_key())])
SEAL = Seal(CIPHER)
FOREIGN = Seal(MultiFernet([Fernet(Fernet.generate_key())]))
CONTENT = {"state": "what nobody may read"}


def test_it_opens_as_it_was_closed() -> None:
    closed = SEAL.close("sign-in", "olga", CONTENT)
    assert SEAL.open("sign-in", "olga", closed, 600) == CONTENT
    assert "read" not in closed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user_id": "ada"}, "another Airflow user"),
        ({"purpose": "form"}, "something else"),
        ({"sealed": ""}, "not begun in this browser"),
        ({"sealed": "gAAAAAnonsense"}, "changed"),
        (
            {
                "sealed": Seal(MultiFernet([Fernet(Fernet.generate_key())])).close(
                    "form", "olga", {}
                )
            },
            "changed",
        ),
    ],
)
def test_it_stays_closed(change: dict[str, str], words: str) -> None:
    asked = {"purpose": "sign-in", "user_id": "olga", "seconds": 600}
    asked["sealed"] = SEAL.close("sign-in", "olga", CONTENT)
    with pytest.raises(BrokenSeal, match=words):
        SEAL.open(**(asked | change))  # type: ignore[arg-type]


def test_it_ages() -> None:
    fernet = Fernet(Fernet.generate_key())
    seal = Seal(MultiFernet([fernet]))
    fresh = fernet.decrypt(seal.close("sign-in", "olga", CONTENT).encode())
    old = fernet.encrypt_at_time(fresh, int(time.time()) - 601).decode()
    assert seal.open("sign-in", "olga", old, 700) == CONTENT
    with pytest.raises(BrokenSeal, match="too old"):
        seal.open("sign-in", "olga", old, 600)


@pytest.mark.parametrize("spread", [pickle.dumps, copy.copy])
def test_its_key_does_not_travel(spread: object) -> None:
    with pytest.raises(TypeError, match="holds a key"):
        spread(SEAL)  # type: ignore[operator]
