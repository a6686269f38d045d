"""Faults that answer in the service's stead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.answer import Answer
from airflow_provider_bc.emulator.bc.authorization import denied, rejected
from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.faults.script import Fault

_HTML = b"<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
_XML = (
    b'<?xml version="1.0" encoding="utf-8"?><error xmlns="http://docs.oasis-open.org/odata/ns/'
    b'metadata"><code>Unauthorized</code><message>The credentials provided are incorrect'
    b"</message></error>"
)
_TEXT = {"content-type": "text/plain"}
_PAGE = {"content-type": "text/html; charset=utf-8"}

_ERRORS = {
    "throttled": ODataError(
        429,
        "Application_TooManyRequests",
        "Too many requests reached. Actual (6001). Maximum (6000).",
    ),
    "unavailable": ODataError(503, "Internal_TenantUnavailable", "The tenant is not accessible."),
    "server_error": ODataError(
        500, "Internal_ServerError", "Cannot establish a connection to the SQL Server/Database."
    ),
    "expired_token": rejected(),
    "permission_denied": denied("APIV2 - Customers"),
    "forbidden": ODataError(403, "Authorization_RequestDenied", "Access is denied."),
}
_WAITING = ("throttled", "unavailable", "bad_gateway")
_PLAIN: dict[str, Response] = {
    "throttled_text": Response(429, _TEXT | {"retry-after": "60"}, b"Too Many Requests"),
    "bad_gateway": Response(502, _PAGE, _HTML),
    "gateway_timeout": Response(504, _PAGE, _HTML),
    "request_timeout": Response(408, _TEXT, b"The operation was cancelled."),
    "too_large": Response(413, _TEXT, b"Request Entity Too Large"),
    "html_error": Response(500, _PAGE, _HTML),
    "unauthorized_xml": Response(401, {"content-type": "application/xml"}, _XML),
    "redirect": Response(302, {"location": "https://elsewhere.invalid/landing"}),
}


def stand_in(fault: Fault, correlation: str) -> Answer | None:
    """Answer a request with a fault.

    :param fault: the fault.
    :param correlation: the correlation id.
    :returns: the answer; None for a fault that lets the service answer, such as `revoked`.
    """
    if fault.name == "dropped":
        return Answer(cut=-1)
    error = _ERRORS.get(fault.name)
    plain = _PLAIN.get(fault.name)
    response = error.response(correlation) if error else plain
    if response is None:
        return None
    headers = dict(response.headers)
    if fault.name in _WAITING:
        headers["retry-after"] = str(fault.retry_after)
    return Answer(Response(response.status, headers, response.body))
