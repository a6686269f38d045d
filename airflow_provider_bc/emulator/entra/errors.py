"""How Entra says no.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

_STEP_UP = (50074, 50076, 50079, 50158)


class Code(NamedTuple):
    """What one AADSTS number means on the wire.

    :param status: the HTTP status at the token endpoint.
    :param error: the OAuth error (https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
    :param text: the description, with `{what}` for the value it quotes.
    """

    status: int
    error: str
    text: str


@cache
def codes() -> dict[tuple[int, str], Code]:
    """Read the table of errors.

    :returns: what each number means, by number and case; few numbers have more than one case.
    """
    lines = files(__package__).joinpath("aadsts.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(lines)
    return {
        (int(row["code"]), row["case"]): Code(int(row["status"]), row["error"], row["text"])
        for row in rows
    }


def utc(seconds: float) -> str:
    """Write a moment as Entra's errors do.

    :param seconds: seconds since 1970-01-01T00:00:00Z.
    :returns: for example `2026-03-02 08:00:00Z`.
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


class EntraError(Exception):
    """A refusal with its AADSTS code.

    :param code: the number after `AADSTS`.
    :param what: the value the text quotes.
    :param case: which of the code's meanings, for the few that have several.
    """

    def __init__(self, code: int, what: str = "", case: str = "") -> None:
        self.status, self.error, text = codes()[code, case]
        super().__init__(text.replace("{what}", what))
        self.code = code

    def body(self, origin: str, now: float, trace: str, correlation: str) -> dict[str, Any]:
        """Describe the refusal as the token endpoint does.

        :param origin: scheme and host, for `error_uri`.
        :param now: the moment, for `timestamp`.
        :param trace: the trace id, also sent as `x-ms-request-id`.
        :param correlation: the caller's `client-request-id`, or a new id.
        :returns: the members of the error response.
        """
        moment = utc(now)
        text = (
            f"AADSTS{self.code}: {self} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {moment}"
        )
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.code],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{origin}/error?code={self.code}",
        }
        if self.code == 65001:  # noqa: PLR2004  # the number is the name
            body["suberror"] = "consent_required"
        if self.code in _STEP_UP:
            body["suberror"] = "basic_action"
            body["claims"] = '{"access_token":{"capolids":{"essential":true,"values":["mfa"]}}}'
        return body
