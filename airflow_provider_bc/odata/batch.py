"""JSON batches: many requests in one, and their answers.

https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BatchRequestsandResponses
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_bc.errors import UnexpectedAnswer
from airflow_provider_bc.odata.page import decode
from airflow_provider_bc.odata.payload import encode_json
from airflow_provider_bc.wire import Response

MOST = 100
"""Operations of one batch (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-current-limits)."""


@dataclass(frozen=True, slots=True)
class Inner:
    """One request within a batch.

    :param method: ``POST``, ``PATCH`` or ``DELETE``.
    :param url: relative to the API, percent-encoded.
    :param headers: of this request; those of the batch do not reach it.
    :param body: a JSON object, None for none.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def write_batch(requests: Sequence[Inner]) -> bytes:
    """Write the content of a batch; the place of each request is its id.

    :param requests: at most `MOST`.
    """
    written = []
    for place, one in enumerate(requests):
        request: dict[str, Any] = {"id": str(place), "method": one.method, "url": one.url}
        request["headers"] = dict(one.headers)
        if one.body is not None:
            request["headers"]["Content-Type"] = "application/json"
            request["body"] = one.body
        written.append(request)
    return encode_json({"requests": written})


def read_batch(body: bytes, most: int) -> dict[int, Response]:
    """Read the answers to a batch.

    :param body: the bytes of the answer.
    :param most: how many requests there were.
    :return: by the place of the request; a service that stops at a failure leaves out the rest.
    :raises UnexpectedAnswer: for anything else, or an answer that belongs to no request.
    """
    value = decode(body)
    entries = value.get("responses") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise UnexpectedAnswer("The answer is not one to a batch.", remedy="Report this.")
    found: dict[int, Response] = {}
    for entry in entries:
        place, response = _entry(entry)
        if place in found or place >= most:
            raise UnexpectedAnswer(
                f"The answer to the batch has one for {place}, which was not asked for.",
                remedy="Look what was carried out, and report this.",
            )
        found[place] = response
    return found


def _entry(entry: Any) -> tuple[int, Response]:
    try:
        headers = {str(name).lower(): str(text) for name, text in entry["headers"].items()}
        content = b"" if entry.get("body") is None else encode_json(entry["body"])
        return int(entry["id"]), Response(int(entry["status"]), headers, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"An answer within the batch cannot be read: {type(error).__name__} {error}.",
            remedy="Look what was carried out, and report this.",
        ) from error
