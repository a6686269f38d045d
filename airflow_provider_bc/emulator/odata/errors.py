"""How Business Central says no.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from airflow_provider_bc.wire import Response


class ODataError(Exception):
    """A refusal.

    :param status: the HTTP status.
    :param code: Business Central's error code.
    :param message: the text, without the correlation id.
    :param correlated: whether the text ends with the correlation id, as nearly all do.
    """

    def __init__(self, status: int, code: str, message: str, *, correlated: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.correlated = correlated

    def response(self, correlation: str) -> Response:
        """Write the error with its envelope.

        :param correlation: the correlation id.
        :returns: the response.
        """
        tail = f"  CorrelationId:  {correlation}." if self.correlated else ""
        body = {"error": {"code": self.code, "message": f"{self}{tail}"}}
        kind = "application/json; odata.metadata=minimal"
        return json_response(self.status, body, content_type=kind)


def bad_request(message: str) -> ODataError:
    """Say that the request makes no sense to OData.

    :param message: the text.
    :returns: 400 `BadRequest`.
    """
    return ODataError(400, "BadRequest", message)


def not_implemented(message: str = "The OData filter expression is not supported.") -> ODataError:
    """Say that OData would allow it and Business Central does not.

    :param message: the text.
    :returns: 501 `BadRequest_MethodNotImplemented`.
    """
    return ODataError(501, "BadRequest_MethodNotImplemented", message)


def not_found(segment: str) -> ODataError:
    """Say that a path segment leads nowhere.

    :param segment: the segment.
    :returns: 404 `BadRequest_ResourceNotFound`.
    """
    text = f"Resource not found for the segment '{segment}'."
    return ODataError(404, "BadRequest_ResourceNotFound", text)


def method_not_allowed(method: str, entity_set: str) -> ODataError:
    """Say that an entity set does not take a method.

    :param method: the HTTP method.
    :param entity_set: the entity set.
    :returns: 405 `BadRequest_MethodNotAllowed`.
    """
    text = (
        f"'{method}' requests for '{entity_set}' of EdmType 'Entity' are not allowed within "
        "Microsoft Dynamics NAV OData web services."
    )
    return ODataError(405, "BadRequest_MethodNotAllowed", text)
