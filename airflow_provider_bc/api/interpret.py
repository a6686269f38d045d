"""What an answer that is not a success means, and what its reader should do about it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_bc.api import admin_refusals
from airflow_provider_bc.delivery import retry_after
from airflow_provider_bc.errors import (
    ApplicationRejected,
    AuthenticationError,
    AuthorizationError,
    BusinessCentralError,
    Conflict,
    NotFound,
    RequestRejected,
    RequestTooLarge,
    Unavailable,
    UnexpectedAnswer,
)
from airflow_provider_bc.wire import Request, Response

_LONGEST_MESSAGE = 500
_CORRELATION = re.compile(r"\s*CorrelationId:\s*([0-9a-fA-F-]{36})\.?")
_SIGNATURE = re.compile(r"((?<![a-z])sig(?:=|%3d))[^&\s\"'<>]+", re.IGNORECASE)
_XML_PART = re.compile(r"<(?:\w+:)?(code|message)[^>]*>([^<]*)<", re.IGNORECASE)
_PERMISSION = {
    "Internal": re.compile(r"permission", re.IGNORECASE),
    "Application": re.compile(r"(do not have|current) (\w+ )*permission", re.IGNORECASE),
}

_APP_RECORD = (
    "In Business Central open the page Microsoft Entra Applications and see that this client ID is "
    "there with State = Enabled; in Entra, that API.ReadWrite.All (Automation.ReadWrite.All for "
    "automation) is granted with admin consent; and that tenant and environment are right."
)
_PERMISSION_SETS = (
    "In Business Central on the page Microsoft Entra Applications, set the app's State to "
    "Disabled, add a permission set that covers this object (SUPER is not possible), and set it "
    "to Enabled again."
)
_REMEDIES: dict[str, str] = {
    "NoEnvironment": "Correct the environment; the Business Central admin center lists them.",
    "Internal_CompanyNotFound": "Correct the company; hook.companies() lists them.",
    "BadRequest_ResourceNotFound": "Correct the entity set or field; hook.metadata() lists them.",
    "BadRequest_NotFound": "Correct the API route, entity set or query of the request.",
    "BadRequest_InvalidToken": "Send If-Match with the entity's @odata.etag, or with *.",
    "BadRequest_MethodNotImplemented": "Simplify the filter or the order: this one is unsupported.",
    "BadRequest_MethodNotAllowed": "This entity set does not allow that method: use another.",
    "Internal_EntityWithSameKeyExists": "There is such a record already: update it instead.",
    "Request_EntityChanged": "Read the record again, then repeat the change.",
}


@dataclass(frozen=True, slots=True)
class _Complaint:
    code: str | None
    message: str
    correlation_id: str | None


def explain(request: Request, response: Response) -> BusinessCentralError:
    """Turn an answer that is not a success into the error that its reader can act on.

    :param request: what was asked.
    :param response: what came back.
    :return: the error, to be raised by the caller.
    """
    complaint = _complaint(response)
    kind, remedy = _judge(request, response.status, complaint)
    error = kind(
        complaint.message or f"{request.method} was answered with HTTP {response.status}.",
        remedy=_REMEDIES.get(complaint.code or "", remedy),
        code=complaint.code,
        status=response.status,
        correlation_id=complaint.correlation_id,
        request_line=request.line,
    )
    if isinstance(error, Unavailable):
        error.retry_after = retry_after(response, lambda: datetime.now(UTC))
    return error


def _judge(
    request: Request, status: int, complaint: _Complaint
) -> tuple[type[BusinessCentralError], str]:
    code = complaint.code or ""
    category = code.partition("_")[0]
    lacking = _PERMISSION.get(category)
    if category == "Authorization" or (lacking and lacking.search(complaint.message)):
        return AuthorizationError, _PERMISSION_SETS
    if status == 400 and code.startswith("Application_"):  # noqa: PLR2004 - the table below names it
        return ApplicationRejected, "Correct the data, or the setup in Business Central."
    usual = _BY_STATUS.get(status) or _by_family(request, status)
    if not _of_admin_center(request):
        return usual
    kind, remedy = admin_refusals.judge(status, code)
    return kind or usual[0], remedy or usual[1]


def _of_admin_center(request: Request) -> bool:
    return urlsplit(request.url).path.startswith("/admin/")


_TOO_LARGE = (
    RequestTooLarge,
    "Ask for less at once: name fields in select, narrow the filter, or lower the page size.",
)
_BY_STATUS: dict[int, tuple[type[BusinessCentralError], str]] = {
    401: (AuthenticationError, _APP_RECORD),
    403: (
        AuthorizationError,
        _PERMISSION_SETS,
    ),
    404: (NotFound, "Check environment, company, entity set and key."),
    408: _TOO_LARGE,
    409: (Conflict, "Read the record again, then repeat the change."),
    412: (Conflict, "Read the record again, then repeat the change."),
    413: _TOO_LARGE,
    414: (RequestRejected, "Split the query: its string is too long."),
    429: (
        Unavailable,
        "Run fewer tasks at once: an Airflow pool of 5 fits the limits of one app registration.",
    ),
    501: (RequestRejected, "Business Central has no such feature: ask in another way."),
    504: _TOO_LARGE,
}


def _by_family(request: Request, status: int) -> tuple[type[BusinessCentralError], str]:
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return UnexpectedAnswer, "Check the API URL: a redirect is never followed with the token."
    if 400 <= status < 500:  # noqa: PLR2004 - client errors
        return RequestRejected, "Correct the request."
    if status >= 500:  # noqa: PLR2004 - server errors
        doubt = "" if request.method == "GET" else "Look whether it was carried out. "
        return Unavailable, f"{doubt}Run the task again later."
    return UnexpectedAnswer, "Report this answer."


def _complaint(response: Response) -> _Complaint:
    """Find code and message in OData JSON, flat JSON, OData XML, or whatever else came."""
    text = response.body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    code, message = _from_json(text) or _from_xml(text)
    found = _CORRELATION.search(message)
    headers = response.headers
    correlation_id = (
        found.group(1) if found else headers.get("ms-correlation-x") or headers.get("request-id")
    )
    message = _CORRELATION.sub("", message).strip()
    message = _SIGNATURE.sub(r"\1…", message)  # it may repeat the URI of a storage account
    return _Complaint(code, message[:_LONGEST_MESSAGE], correlation_id)


def _from_json(text: str) -> tuple[str | None, str] | None:
    try:
        body: Any = json.loads(text)
    except ValueError:
        return None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if not isinstance(body, dict):
        return None, "" if body is None else str(body)
    code = body.get("code")
    message = f"{body.get('message') or ''}{admin_refusals.details(body)}"
    return None if code is None else str(code), message


def _from_xml(text: str) -> tuple[str | None, str]:
    parts = {name.lower(): value.strip() for name, value in _XML_PART.findall(text)}
    if parts:
        return parts.get("code"), parts.get("message", "")
    return None, re.sub(r"<[^>]*>|\s+", " ", text).strip()
