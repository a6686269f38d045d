"""Every error of this package, sorted by what its reader should do.

::

    BusinessCentralError
    ├── ConfigurationError      fix the connection or the DAG
    ├── AuthenticationError     sign-in was refused, or a fresh token was: fix the app registration
    ├── AuthorizationError      signed in, but not allowed: grant the permission
    ├── RequestRejected         the request itself is wrong: fix the DAG
    │   ├── NotFound            there is no such record, entity set, company or environment
    │   ├── RequestTooLarge     the request asks too much at once: ask for less
    │   └── Conflict            somebody changed the record meanwhile: read it again
    ├── TooManyDeleted          suspiciously much is gone: see whether that is true
    ├── TooManyRefused          rows to be written were refused: correct them and write them again
    ├── ApplicationRejected     Business Central's business logic said no: fix the data
    ├── OperationFailed         accepted, begun, and failed there: read why, then run it again
    ├── OutcomeUnknown          sent once, and nobody knows whether it was done: look
    ├── Unavailable             throttled, down or lost after all retries: try again later
    │   └── IncompleteRead      the rows do not add up to the server's count: read again
    └── UnexpectedAnswer        not the OData we know: report it
        └── GarbledAnswer       cut, or not even from the service: try again later

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from __future__ import annotations


class BusinessCentralError(Exception):
    """The root of every error that this package raises.

    :param message: what went wrong, naming the field or the request.
    :param remedy: what the reader should do, as a sentence; it ends the message.
    :param code: the service's own code, e.g. ``AADSTS7000215`` or ``Internal_CompanyNotFound``.
    :param status: the HTTP status, where there was a response.
    :param correlation_id: the id that Microsoft support asks for.
    :param request_line: method and redacted URL of the request.
    :ivar in_doubt: whether what was asked for may have been done all the same.
    """

    in_doubt = False

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str | None = None,
        status: int | None = None,
        correlation_id: str | None = None,
        request_line: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code
        self.status = status
        self.correlation_id = correlation_id
        self.request_line = request_line

    def __str__(self) -> str:
        """Lead with the vendor's code and correlation id, end with the remedy."""
        origin = [self.code, self.status and f"HTTP {self.status}"]
        head = " ".join(str(part) for part in origin if part)
        trail = [
            self.correlation_id and f"correlation id {self.correlation_id}",
            self.request_line,
        ]
        where = "; ".join(part for part in trail if part)
        lead = f"[{head}] " if head else ""
        tail = f" ({where})" if where else ""
        return f"{lead}{self.message}{tail}{' ' + self.remedy if self.remedy else ''}"


class ConfigurationError(BusinessCentralError):
    """The connection or an argument is wrong; nothing was sent."""


class AuthenticationError(BusinessCentralError):
    """Microsoft Entra refused the sign-in, or Business Central refused a token twice.

    :ivar error: the error of OAuth that behaviour follows, such as ``invalid_grant``
        (https://www.rfc-editor.org/rfc/rfc6749#section-5.2); None where there was none.
    """

    error: str | None = None


class AuthorizationError(BusinessCentralError):
    """The app is known but may not do this."""


class RequestRejected(BusinessCentralError):
    """Business Central calls the request itself wrong (``BadRequest_*``, other 4xx)."""


class NotFound(RequestRejected):
    """Nothing is at that URL (404)."""


class RequestTooLarge(RequestRejected):
    """The request asks too much at once (408, 413, 504), even as the smallest page."""


class Conflict(RequestRejected):
    """The record changed since it was read (409 ``Request_EntityChanged``, 412)."""


class ApplicationRejected(BusinessCentralError):
    """The business logic in Business Central refused (``Application_*``)."""


class OperationFailed(BusinessCentralError):
    """What takes long was accepted, and failed, was canceled or skipped on the service's side."""


class OutcomeUnknown(BusinessCentralError):
    """What must not be sent twice was sent, and no answer says whether it was carried out."""


class TooManyDeleted(BusinessCentralError):
    """More rows are gone from Business Central than may go at once."""


class TooManyRefused(BusinessCentralError):
    """More rows were refused than may be; all others were written."""


class Unavailable(BusinessCentralError):
    """Throttled (429), down (5xx) or lost, after all retries.

    :ivar retry_after: seconds that the service asked to wait; None where it did not.
    """

    retry_after: float | None = None


class IncompleteRead(Unavailable):
    """The rows that arrived do not add up to the count that Business Central gave."""


class UnexpectedAnswer(BusinessCentralError):
    """The answer is not the OData that this package knows."""


class GarbledAnswer(UnexpectedAnswer):
    """The answer is not whole, or not from the service at all, after all retries."""


NO_SUCH_RECORD = frozenset({"BadRequest_ResourceNotFound", "Internal_RecordNotFound"})
"""The codes of a `NotFound` where environment, company and route are there, but not the record."""

UNCERTAIN = (Unavailable, RequestTooLarge, GarbledAnswer)
"""After these nobody knows: what was asked for may have begun, what is awaited may be there."""
