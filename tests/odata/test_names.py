from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc.odata.names import decode_name

_NAME_CHARACTER = re.compile(r"[A-Za-z0-9]")


def encode_name(text: str) -> str:
    """Encode as XmlConvert.EncodeName does; an underscore that could be read back goes, too."""
    return "".join(
        letter
        if _NAME_CHARACTER.fullmatch(letter)
        or (letter == "_" and text[index + 1 : index + 2] not in {"x", "X"})
        else f"_x{ord(letter):04X}_"
        if ord(letter) < 0x10000
        else f"_x{ord(letter):08X}_"
        for index, letter in enumerate(text)
    )


@given(st.text() | st.text("_x0025XA "))
def test_an_encoded_name_is_read_back(text: str) -> None:
    assert decode_name(encode_name(text)) == text


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("_x0020_", " "),
        ("Positive_x0020_Adjmt_x002E_", "Positive Adjmt."),
        ("In_x0020_Progress", "In Progress"),
        ("Open", "Open"),
        ("", ""),
        ("_x005F_x0020_", "_x0020_"),
        ("_x00e4_", "ä"),
        ("_X0020_", " "),
        ("_x0001F600_", "\U0001f600"),
    ],
)
def test_known_names(encoded: str, decoded: str) -> None:
    assert decode_name(encoded) == decoded


@pytest.mark.parametrize("text", ["_x20_", "_x00201_", "_x0020", "x0020_", "_xZZZZ_", "_xD83D_"])
def test_what_is_no_code_stays(text: str) -> None:
    assert decode_name(text) == text


@given(st.text("_xXdD0123456789abcF"))
def test_a_decoded_name_can_always_be_stored(text: str) -> None:
    decode_name(text).encode()
