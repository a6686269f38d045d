"""Moments that a DAG gives, as a datetime or, rendered by a template, as its text."""

from __future__ import annotations

from datetime import datetime

from airflow_provider_bc.errors import ConfigurationError


def moment_of(field: str, given: datetime | str) -> datetime:
    """Read a moment that a DAG gives.

    :param field: the argument, for a message.
    :param given: a datetime, or its text in ISO 8601.
    :raises ConfigurationError: for one that is none, or has no time zone.
    """
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{field} is {given!r}.", remedy="Give a moment with its zone: 2026-03-01T22:00:00Z."
        )
    return moment
