"""The names of a source's columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import did_you_mean


def repeated(names: Sequence[str]) -> list[str]:
    """Give the names that come more than once, in order.

    :param names: in any order.
    """
    return sorted({name for name in names if names.count(name) > 1})


def check_names(source: str, there: Sequence[str], wanted: Iterable[str]) -> None:
    """Refuse columns of which nobody can say which is meant.

    :param source: what has them, for the error.
    :param there: the columns that it has; those without a name are let pass.
    :param wanted: columns that must be there.
    :raises ConfigurationError: for two columns of one name, or a missing one.
    """
    if twice := repeated([name for name in there if name]):
        named = ", ".join(map(repr, twice))
        raise ConfigurationError(
            f"{source} has the column {named} twice.", remedy="Name each column its own."
        )
    for name in wanted:
        if name not in there:
            raise ConfigurationError(
                f"{source} has no column {name!r}, which columns names.",
                remedy=did_you_mean(name, there),
            )
