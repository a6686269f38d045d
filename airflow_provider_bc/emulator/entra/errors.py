"""How Entra says no.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from airflow_provider_bc.wire import Response

# code: (HTTP status, OAuth error, text)
_CODES: dict[int, tuple[int, str, str]] = {
    50001: (400, "invalid_resource", "The resource principal named {what} is disabled."),
    50012: (401, "invalid_client", "Authentication failed. {what}"),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{what}'."),
    70011: (
        400,
        "invalid_scope",
        (
            "The provided request must include a 'scope' input parameter. The provided "
            "value for the input parameter 'scope' is not valid. The scope {what} is not "
            "valid."
        ),
    ),
    90002: (
        400,
        "invalid_tenant",
        (
            "Tenant '{what}' not found. Check to make sure you have the correct tenant ID "
            "and are signing into the correct cloud."
        ),
    ),
    900023: (
        400,
        "invalid_request",
        (
            "Specified tenant identifier '{what}' is neither a valid DNS name, nor a valid "
            "external domain."
        ),
    ),
    900144: (
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{what}'.",
    ),
    900561: (400, "invalid_request", "The endpoint only accepts POST requests. Received a {what}."),
    901002: (400, "invalid_request", "The 'resource' request parameter isn't supported."),
    500011: (
        400,
        "invalid_resource",
        (
            "The resource principal named {what} was not found in the tenant. This can "
            "happen if the application has not been installed by the administrator of the "
            "tenant."
        ),
    ),
    700016: (
        400,
        "unauthorized_client",
        (
            "Application with identifier '{what}' was not found in the directory. This can "
            "happen if the application has not been installed by the administrator of the "
            "tenant."
        ),
    ),
    700022: (400, "invalid_scope", "The scope {what} names more than one resource."),
    700023: (400, "invalid_scope", "The scope {what} names no resource."),
    700024: (401, "invalid_client", "Client assertion is not within its valid time range. {what}"),
    700027: (
        401,
        "invalid_client",
        (
            "The certificate with identifier used to sign the client assertion is not "
            "registered on application. {what}"
        ),
    ),
    1002012: (
        400,
        "invalid_scope",
        (
            "The provided value for scope {what} is not valid. Client credential flows must"
            " have a scope value with /.default suffixed to the resource identifier "
            "(application ID URI)."
        ),
    ),
    7000215: (
        401,
        "invalid_client",
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is"
            " the client secret value, not the client secret ID, for a secret added to app "
            "'{what}'."
        ),
    ),
    7000218: (
        401,
        "invalid_client",
        (
            "The request body must contain the following parameter: 'client_assertion' or "
            "'client_secret'."
        ),
    ),
    7000222: (
        401,
        "invalid_client",
        (
            "The provided client secret keys for app '{what}' are expired. Visit the Azure "
            "portal to create new keys for your app."
        ),
    ),
    9001023: (
        400,
        "invalid_request",
        (
            "The grant type is not supported over the /common or /consumers endpoints. "
            "Please use the /organizations or tenant-specific endpoint."
        ),
    ),
    9002313: (400, "invalid_request", "Invalid request. Request is malformed or invalid."),
}


class EntraError(Exception):
    """A refusal with its AADSTS code.

    :param code: the number after `AADSTS`.
    :param what: the value the text quotes.
    """

    def __init__(self, code: int, what: str = "") -> None:
        self.status, self.error, text = _CODES[code]
        super().__init__(text.format(what=what))
        self.code = code

    def response(self, origin: str, now: float, trace: str, correlation: str) -> Response:
        """Write the error as the token endpoint does.

        :param origin: scheme and host, for `error_uri`.
        :param now: the moment, for `timestamp`.
        :param trace: the trace id, also sent as `x-ms-request-id`.
        :param correlation: the caller's `client-request-id`, or a new id.
        :returns: the response.
        """
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        text = (
            f"AADSTS{self.code}: {self} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {moment}"
        )
        body = {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.code],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{origin}/error?code={self.code}",
        }
        return json_response(self.status, body, cache_control="no-store, no-cache")
