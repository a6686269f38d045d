"""What one check of a connection says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from airflow_provider_bc.errors import BusinessCentralError

State = Literal["green", "note", "red", "grey"]
"""green: in order. note: not in the way of data, but worth knowing. red: to be repaired.
grey: not tried, because an earlier check is red."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found; every text is fit to be shown, and none holds a secret.

    :param name: the check, the same in every release, e.g. ``sign_in``.
    :param title: the same for people, e.g. ``Sign-in``.
    :param state: see `State`.
    :param found: what was found, one sentence.
    :param cause: why, where that is known.
    :param remedy: exactly what to do, "" where there is nothing to do.
    :param details: ``code``, ``status``, ``correlation_id`` and ``request`` of a refusal, for
        Microsoft's support.
    :param because: the name of the red check, when this one is grey.
    :param needed: whether reading data needs it; what does not may be red all the same.
    """

    name: str
    title: str
    state: State
    found: str
    cause: str = ""
    remedy: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    because: str | None = None
    needed: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON; the keys are the same in every release."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says, before it is put under the check's name.

    :param state: see `State`.
    :param found: see `Result`, as the rest.
    """

    state: State
    found: str
    cause: str = ""
    remedy: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def green(found: str) -> Finding:
    """Say that it is in order."""
    return Finding("green", found)


def note(found: str, cause: str = "", remedy: str = "") -> Finding:
    """Say what is worth knowing."""
    return Finding("note", found, cause, remedy)


def red(found: str, cause: str, remedy: str) -> Finding:
    """Say what is to be repaired."""
    return Finding("red", found, cause, remedy)


def refused(found: str, error: BusinessCentralError, cause: str = "", remedy: str = "") -> Finding:
    """Say what is to be repaired, because of an error.

    :param found: what was found.
    :param error: what was raised.
    :param cause: in place of the error's message, which is then told beside what was found.
    :param remedy: in place of the error's.
    """
    details = {
        "code": error.code,
        "status": error.status,
        "correlation_id": error.correlation_id,
        "request": error.request_line,
    }
    told = {name: str(value) for name, value in details.items() if value}
    finding = red(found, cause or error.message, remedy or error.remedy)
    return replace(finding, details=told)
