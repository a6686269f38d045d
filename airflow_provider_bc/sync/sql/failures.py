"""What a database says, as our errors; without the values of rows, which would reach the log."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeout,
)

from airflow_provider_bc.errors import (
    BusinessCentralError,
    ConfigurationError,
    Conflict,
    Unavailable,
    UnexpectedAnswer,
)

_STATES = ("40001", "40P01", "55P03")
"""Serialization failure, deadlock, lock not available.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

_NUMBERS = (1020, 1205, 1213)
"""Record has changed since last read, lock wait timeout, deadlock, of MariaDB and MySQL; the last
two are SQL Server's deadlock and MySQL's at once.

https://mariadb.com/kb/en/mariadb-error-code-reference/
"""

_WORDS = (
    "database is locked",
    "database table is locked",
    "TransactionContext Error",
    "write-write conflict",
    "Could not set lock on file",
)
"""SQLite and DuckDB have no codes."""

_REFUSALS = ("42501", "28000", "28P01", "3D000", "3F000", 1044, 1045, 1049, 1142, 1143, 1227, 1698)
"""No permission, no sign-in, no such database or schema, of PostgreSQL, MySQL and MariaDB."""

_REFUSED = re.compile(
    "authentication failed|permission denied|access denied|login failed"
    "|readonly database|in read-only mode"
    '|unable to open database file|(database|role) "[^"]*" does not exist',
    re.IGNORECASE,
)
_SYNTAX = 1064
"""MySQL quotes the statement, in which its driver has filled in the values."""

_GONE = ("42P01", 1146, "CatalogException")
"""No such table: somebody dropped it meanwhile."""

_Result = TypeVar("_Result")
_MOST_COLLISIONS = 5
_LONGEST = 300


class Collision(Conflict):
    """The database ended this transaction in favour of another; it can be tried again."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise our errors in place of those of a database.

    :param place: the table, for the error.
    """
    try:
        yield
    except PoolTimeout:
        raise Unavailable(
            f"No connection for {place} became free.", remedy="Try again later."
        ) from None
    except StatementError as error:
        raise _ours(error, place) from None


def retried(place: str, work: Callable[[], _Result]) -> _Result:
    """Do something that other runs may get in the way of, a few times if they do.

    :param place: the table, for the error.
    :param work: a transaction, or several that can be repeated.
    :raises Conflict: when they do all the time.
    """
    for attempt in range(_MOST_COLLISIONS):
        try:
            with translated(place):
                return work()
        except Collision:
            time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - no secret
    raise conflict(place)


def conflict(place: str, kind: type[Conflict] = Conflict) -> Conflict:
    """Make the error of a run that came second.

    :param place: the table.
    :param kind: of conflict.
    """
    return kind(
        f"Another run is writing to {place}, or has written; of this one nothing was stored.",
        remedy="Let only one run at a time load it, e.g. with max_active_runs=1; the next attempt "
        "goes on from what the other one stored.",
    )


def _ours(error: StatementError, place: str) -> BusinessCentralError:
    if _is_collision(error):
        return conflict(place, Collision)
    said = f"The database says of {place}: {_said(error)}"
    if _code(error) in _REFUSALS or _REFUSED.search(str(error.orig)):
        return ConfigurationError(
            said, remedy="Correct the connection, or grant its user what it needs for the schema."
        )
    final = isinstance(error, (DataError, IntegrityError, ProgrammingError))
    if (final and not {_code(error), type(error.orig).__name__} & {*_GONE}) or not isinstance(
        error, DBAPIError
    ):
        return UnexpectedAnswer(
            said,
            remedy="See whether somebody has changed the tables of the load; the log of the "
            "database has the statement. If nobody has, report it.",
        )
    return Unavailable(said, remedy="See whether the database is up and has room, and try again.")


def _is_collision(error: StatementError) -> bool:
    said = str(error.orig)
    return _code(error) in (*_STATES, *_NUMBERS) or any(word in said for word in _WORDS)


def _code(error: StatementError) -> object:
    """Give the code of an error, None where there is none."""
    original = error.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    number = original.args[0] if original and original.args else None
    return state or (number if isinstance(number, int) else None)


def _said(error: StatementError) -> str:
    """Give the first line of what a database said, unless there may be a value in it."""
    name, code = type(error.orig).__name__, _code(error)
    head = name if code is None else f"{name} {code}"
    silent = isinstance(error, (DataError, IntegrityError)) or not isinstance(error, DBAPIError)
    if silent or code == _SYNTAX:
        return f"{head}."
    arguments = error.orig.args if error.orig else ()
    text = str(arguments[-1] if arguments else "").strip()
    return f"{head}: {text.splitlines()[0][:_LONGEST]}" if text else f"{head}."
