"""Rows checked against ``$metadata`` before anything is sent: a pydantic model, then wire values.

https://docs.pydantic.dev/latest/concepts/conversion_table/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from airflow_provider_bc.api.entities import Target
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import did_you_mean
from airflow_provider_bc.odata.models import entity_model
from airflow_provider_bc.odata.payload import entity_values, trimmed
from airflow_provider_bc.write_back.columns import check_names
from airflow_provider_bc.write_back.outcomes import Refusal, SourceRow
from airflow_provider_bc.write_back.plan import Plan


class Validation:
    """Makes of each row the values of a write, or says why it has none.

    :param target: the entity set.
    :param plan: which columns are which properties.
    """

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target = target
        self._plan = plan
        self._zone = plan.zone()
        self._model = entity_model(target.metadata, target.path)
        self._properties = target.kind.properties

    def check_columns(self, columns: Iterable[str]) -> None:
        """Compare the columns of the source with what is to be written, once.

        :param columns: of the first row.
        :raises ConfigurationError: naming the column; nothing was sent.
        """
        there = [*columns]
        check_names("The source", there, self._plan.columns or ())
        written = self._written(there)
        for column, name in written.items():
            if name not in self._properties:
                raise ConfigurationError(
                    f"The column {column!r} is no property of {self._target.kind.name}.",
                    remedy=f"{did_you_mean(name, self._properties)} Or say in columns which "
                    "columns are written, and as what.",
                )
        for name in self._plan.by:
            if name not in written.values():
                raise ConfigurationError(
                    f"by names {name}, which no column gives.", remedy="Read it, or correct by."
                )

    def key(self, row: SourceRow) -> dict[str, Any]:
        """Give what a row holds of its natural key, unchecked.

        :param row: as it was read.
        """
        named = {name: column for column, name in self._written(row.values).items()}
        return {name: row.values.get(named.get(name, "")) for name in self._plan.by}

    def values(self, row: SourceRow) -> dict[str, Any] | Refusal:
        """Check a row.

        :param row: as it was read.
        :return: the values as Business Central takes them, by property; or why there are none. A
            reason names fields and kinds of values, not the values.
        """
        given = {
            name: self._fitting(name, row.values[column])
            for column, name in self._written(row.values).items()
            if column in row.values
        }
        # the model would take some, as it has its own names for properties and for annotations
        if unknown := [name for name in given if name not in self._properties]:
            said = f"{', '.join(unknown)}: no property of {self._target.kind.name}."
            return Refusal("invalid_value", said)
        try:
            checked = self._model.model_validate(given).values()
            moments = {name: self._in_zone(value) for name, value in checked.items()}
            # in the order of the source, which is the one in which Business Central validates
            ordered = {name: moments[name] for name in given}
            target = self._target
            ready = entity_values(ordered, target.kind, target.metadata, deep=False)
        except ValidationError as error:
            return Refusal("invalid_value", _in_words(error))
        except ConfigurationError as error:
            return Refusal("invalid_value", f"{error.message} {error.remedy}".strip())
        for name in self._plan.by:
            if ready.get(name) in (None, ""):
                return Refusal("missing_key", f"{name}, by which the record is found, is blank.")
        return ready

    def _written(self, columns: Iterable[str]) -> Mapping[str, str]:
        """Say which columns are written as what; those that begin with _ are for the reader."""
        if self._plan.columns is not None:
            return self._plan.columns
        return {column: column for column in columns if not column.startswith("_")}

    def _fitting(self, name: str, value: Any) -> Any:
        """Take a whole number for a text: a number of a database has one spelling.

        A text of the natural key is trimmed before its length is checked: a CHAR(n) is padded.
        """
        prop = self._properties.get(name)
        if name in self._plan.by and prop and prop.type == "Edm.String":
            value = trimmed(value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if prop and prop.type == "Edm.String" and whole:
            return str(value)
        if value == "" and prop and prop.type != "Edm.String" and not prop.is_enum:
            return None  # what CSV has for nothing
        return value

    def _in_zone(self, value: Any) -> Any:
        if not isinstance(value, datetime) or value.tzinfo is not None:
            return value
        if self._zone is None:
            raise ConfigurationError(
                "A moment has no time zone.", remedy="Say in timezone which one is meant."
            )
        return value.replace(tzinfo=self._zone)


def _in_words(error: ValidationError) -> str:
    """Say what is wrong with each field, without its value."""
    problems = []
    for one in error.errors(include_url=False, include_context=False):
        field = ".".join(str(part) for part in one["loc"])
        given = one["input"]
        kind = f"a text of {len(given)}" if isinstance(given, str) else type(given).__name__
        problems.append(f"{field} is {kind}: {one['msg']}.")
    return " ".join(problems)
