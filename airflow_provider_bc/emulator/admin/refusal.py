"""How the admin center says no: one flat JSON object.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

from typing import Any

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.wire import Response


class RefusalError(Exception):
    """A request that the admin center refuses.

    :param status: the HTTP status.
    :param code: the error code; empty for a refusal without content.
    :param message: the text.
    :param target: what the code is about.
    :param more: further members of the body, such as `data`.
    """

    def __init__(
        self,
        status: int,
        code: str = "",
        message: str = "",
        target: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.target = target
        self.more = more

    def response(self) -> Response:
        """Write the refusal.

        :returns: the response.
        """
        if not self.code:
            return Response(self.status)
        body = {"code": self.code, "message": str(self)}
        if self.target is not None:
            body["target"] = self.target
        return json_response(self.status, body | self.more)


def invalid(target: str, message: str) -> RefusalError:
    """Say that a member of the body is wrong.

    :param target: the member.
    :param message: what is wrong with it.
    :returns: 400 `invalidInput`.
    """
    return RefusalError(400, "invalidInput", message, target)


def unfit(message: str, target: str | None = None) -> RefusalError:
    """Say that a rule of the business forbids it.

    :param message: which rule.
    :param target: what the rule is about.
    :returns: 400 `EntityValidationFailed`.
    """
    return RefusalError(400, "EntityValidationFailed", message, target)


def unknown(message: str, target: str | None = None) -> RefusalError:
    """Say that something does not exist.

    :param message: what.
    :param target: its name.
    :returns: 404 `ResourceDoesNotExist`.
    """
    return RefusalError(404, "ResourceDoesNotExist", message, target)
