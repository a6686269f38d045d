"""One call of the admin center API: its path, its version, and who may make it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.admin.call import AdminCall
from airflow_provider_bc.emulator.answer import json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from airflow_provider_bc.wire import Response

USERS, APPS = "User", "App"
ENVIRONMENT = "/applications/{family}/environments/{environment}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One documented call.

    :param method: the HTTP method.
    :param path: the path behind the version, with placeholders in braces.
    :param answer: what answers it.
    :param since: the first minor version that has it.
    :param only: `User` or `App` where the other kind is refused.
    :param until: the last minor version that has it.
    """

    method: str
    path: str
    answer: Callable[[AdminCall], Response]
    since: int = 0
    only: str | None = None
    until: int | None = None
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        object.__setattr__(self, "pattern", re.compile(f"{expression}/?", re.IGNORECASE))

    def serves(self, version: int) -> bool:
        """Tell whether a version of the API has this call.

        :param version: the minor version.
        :returns: whether it has.
        """
        return self.since <= version and (self.until is None or version <= self.until)


def wrapped(values: Iterable[Any]) -> Response:
    """Write a list.

    :param values: its members.
    :returns: 200 with `value`.
    """
    return json_response(200, {"value": list(values)})
