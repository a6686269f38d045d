"""`$batch`: up to 100 requests in one, on their own or in one transaction.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.bc.batch_request import BatchRequest, read_batch
from airflow_provider_bc.emulator.odata.errors import ODataError, method_not_allowed
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_bc.emulator.bc.call import Call

_JSON = {"content-type": "application/json; odata.metadata=minimal", "odata-version": "4.0"}
_NO_CONTENT, _FIRST_ERROR = 204, 400


@dataclass(slots=True)
class Batch:
    """The requests of one `$batch`, performed one after another.

    :param call: the request that brought them.
    :param answer: what answers an inner request.
    """

    call: Call
    answer: Callable[[Call], Response]
    _failed: set[str] = field(default_factory=set)

    def perform(self) -> tuple[Response, bool]:
        """Perform the requests until one fails, or all of them with `odata.continue-on-error`.

        That a batch stops at its first failure and answers no request behind it was seen live; see
        https://dynamicsuser.net/nav/b/kauffmann/posts/batch-calls-with-business-central-2-error-handling

        :returns: the response, a 200 whatever the requests answered, and whether all succeeded.
        :raises ODataError: if the batch itself cannot be read.
        """
        if self.call.method != "POST":
            raise method_not_allowed(self.call.method, "$batch")
        entries, whole = [], True
        for request in read_batch(self.call.headers.get("content-type", ""), self.call.body):
            response = self._one(request)
            entries.append(_entry(request, response))
            if response.status >= _FIRST_ERROR:
                whole = False
                self._failed.add(request.identity or "")
                if not _continues(self.call.headers):
                    break
        return json_response(200, {"responses": entries}, **_JSON), whole

    def _one(self, request: BatchRequest) -> Response:
        """Answer one request; every refusal is a response as well.

        https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
        """
        if self._failed.intersection(request.depends_on):
            text = "A request that this one depends on has failed."
            return ODataError(424, "BadRequest", text).response(self.call.correlation)
        try:
            return self.answer(request.call(self.call))
        except ODataError as error:
            return error.response(self.call.correlation)


def isolated(headers: Mapping[str, str]) -> bool:
    """Tell whether a batch asks for one transaction.

    :param headers: the headers of the batch, names in lower case.
    :returns: whether `Isolation: snapshot` was sent.
    :raises ODataError: 400 for any other isolation, which nothing documents.
    """
    asked = headers.get("isolation", "").strip().lower()
    if asked not in ("", "snapshot"):
        raise ODataError(400, "BadRequest", f"The isolation '{asked}' is not supported.")
    return asked == "snapshot"


def _continues(headers: Mapping[str, str]) -> bool:
    wishes = [wish.strip().lower() for wish in headers.get("prefer", "").split(",")]
    return bool({"odata.continue-on-error", "odata.continue-on-error=true"} & set(wishes))


def _entry(request: BatchRequest, response: Response) -> dict[str, Any]:
    """Write one of the `responses`; one without content has no headers and no body."""
    entry: dict[str, Any] = {"id": request.identity, "status": response.status, "headers": {}}
    if response.status == _NO_CONTENT:
        return entry
    kind = response.headers.get("content-type", "")
    if "json" in kind:
        return entry | {"headers": _kept(response, _JSON), "body": msgspec.Raw(response.body)}
    headers = _kept(response, {"content-type": kind})
    if kind.startswith("text/"):
        return entry | {"headers": headers, "body": response.body.decode("utf-8-sig")}
    return entry | {"headers": headers, "body": urlsafe_b64encode(response.body).decode()}


def _kept(response: Response, known: dict[str, str]) -> dict[str, str]:
    names: Sequence[str] = ("location", "preference-applied")
    return known | {name: response.headers[name] for name in names if name in response.headers}
