"""Refused rows as they were read, each with its reason, to be corrected and written again."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.files.formats import JsonLines, format_of
from airflow_provider_bc.write_back.outcomes import RowOutcome


def dead_letter_format(name: str) -> JsonLines:
    """Find the format of a dead-letter file: JSON Lines, since no two rows need be alike.

    :param name: of the file.
    :raises ConfigurationError: for any other format.
    """
    kind = format_of(name)
    if not isinstance(kind, JsonLines):
        raise ConfigurationError(
            f"The dead-letter file is {name}.", remedy="Give it the suffix .jsonl or .jsonl.gz."
        )
    return kind


class DeadLetter:
    """Writes refused rows as JSON Lines; ``_row``, ``_error_code`` and ``_reason`` stand behind.

    Columns that begin with ``_`` are not written back, so that the file can be a source.

    :param file: open for writing; it stays open.
    :param kind: its format.
    """

    def __init__(self, file: BinaryIO, kind: JsonLines) -> None:
        self._stream = kind.stream(file)
        self._encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)

    def write(self, outcomes: Iterable[RowOutcome]) -> None:
        """Add the refused ones.

        :param outcomes: of rows.
        """
        self._stream.write(
            self._encoder.encode_lines([_letter(one) for one in outcomes if one.refusal])
        )

    def close(self) -> None:
        """Write the end of the file."""
        self._stream.close()


def _letter(one: RowOutcome) -> dict[str, Any]:
    refusal = one.refusal
    assert refusal is not None  # noqa: S101 - the others are left out
    why = {"_row": one.row.number, "_error_code": refusal.code, "_reason": refusal.reason}
    return {name: _in_json(value) for name, value in one.row.values.items()} | why


def _in_json(value: Any) -> Any:
    """Write NaN and infinity as text: as numbers nobody could read the file again."""
    number = isinstance(value, float | Decimal)
    return str(value) if number and not Decimal(value).is_finite() else value
