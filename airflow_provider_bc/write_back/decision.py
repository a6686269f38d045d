"""What is to be done with a row, given what Business Central has of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_bc.api.batch_outcomes import Operation
from airflow_provider_bc.api.entities import Target
from airflow_provider_bc.errors import BusinessCentralError, Unavailable, UnexpectedAnswer
from airflow_provider_bc.odata.natural_keys import NaturalKey, natural_key
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.payload import UNSET, changes
from airflow_provider_bc.write_back.outcomes import Outcome, Refusal, RowOutcome, SourceRow, Write
from airflow_provider_bc.write_back.plan import Plan

_BLANK = (None, *UNSET.values())


@dataclass(slots=True)
class Candidate:
    """A row that may be written.

    :param row: as it was read.
    :param values: as Business Central takes them.
    :param key: the natural key.
    :param own_id: the id that its record gets if it is created; None to leave it to the service.
    :param intended: what this task, in this attempt or an earlier one, set out to do with it, and
        may have done.
    :param doubt: the error in place of an answer to its create.
    :param id_refused: whether the service refused an id for it.
    :param conflicts: how often somebody else was faster.
    """

    row: SourceRow
    values: Mapping[str, Any]
    key: NaturalKey
    own_id: str | None
    intended: Write | None = None
    doubt: BusinessCentralError | None = None
    id_refused: bool = False
    conflicts: int = 0

    def to_create(self) -> dict[str, Any]:
        """Give the values of its create."""
        given = {k: v for k, v in self.values.items() if k != "id" or v not in _BLANK}
        return ({"id": self.own_id} if self.own_id else {}) | given

    def is_ours(self, found: Row) -> bool:
        """Say whether this task created a record, as its id tells."""
        return self.own_id is not None and str(found.get("id")).lower() == self.own_id


def in_doubt(rows: int, error: BusinessCentralError) -> Unavailable:
    """Say that rows may have been written, or not: a later attempt will see.

    :param rows: how many.
    :param error: that came in place of the answer.
    """
    return Unavailable(
        f"Rows in doubt: {rows}. {error.message}",
        remedy="Run the task again: it looks for them first.",
        code=error.code,
        status=error.status,
        correlation_id=error.correlation_id,
    )


class Decisions:
    """Decides on each row.

    :param target: the entity set.
    :param plan: what the write-back shall do.
    """

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target = target
        self._plan = plan

    def on(self, one: Candidate, found: Sequence[Row]) -> Operation | RowOutcome:
        """Decide on a row.

        :param one: the row.
        :param found: the records that have its natural key now.
        :return: what is to be sent, or what became of it.
        :raises Unavailable: for a create in doubt that is not there, and that no id keeps from
            being carried out twice.
        """
        if len(found) > 1:
            return self.refused(
                one, "ambiguous_key", f"Several {self._target.path} have this {self._by}."
            )
        return self._on_record(one, found[0]) if found else self._on_nothing(one)

    def outcome(self, one: Candidate, outcome: Outcome, record: Row | None) -> RowOutcome:
        """Say what became of a row.

        :param one: the row.
        :param outcome: what.
        :param record: its record, as far as it is known.
        """
        record_id = (record or {}).get("id") or one.own_id
        return RowOutcome(one.row, outcome, self._key(one), record_id)

    def refused(self, one: Candidate, code: str, reason: str) -> RowOutcome:
        """Say that a row was refused.

        :param one: the row.
        :param code: why, in a word.
        :param reason: why, in a sentence.
        """
        return RowOutcome(one.row, "refused", self._key(one), refusal=Refusal(code, reason))

    @property
    def _by(self) -> str:
        return " and ".join(self._plan.by)

    def _key(self, one: Candidate) -> dict[str, Any]:
        return {name: one.values[name] for name in self._plan.by}

    def _on_nothing(self, one: Candidate) -> Operation | RowOutcome:
        path = self._target.path
        if self._plan.mode == "update":
            return self.refused(one, "not_found", f"There is none in {path} with this {self._by}.")
        values = one.to_create()
        if one.doubt and "id" not in values:
            raise in_doubt(1, one.doubt)
        one.intended = "created"
        return Operation("create", path, values)

    def _on_record(self, one: Candidate, found: Row) -> Operation | RowOutcome:
        ours: Write | None = "created" if one.is_ours(found) else one.intended
        if self._plan.mode == "create":
            if ours:
                return self.outcome(one, ours, found)
            return self.refused(
                one, "already_exists", f"There is one in {self._target.path} with this {self._by}."
            )
        kind = self._target.kind
        named = [name for name in kind.key if one.values.get(name) not in _BLANK]
        if natural_key(kind, one.values, named) != natural_key(kind, found, named):
            return self.refused(
                one, "other_id", f"The record with this {self._by} has another {', '.join(named)}."
            )
        wanted = {
            name: value
            for name, value in one.values.items()
            if name not in self._plan.by and name not in kind.key
        }
        left = changes(kind, wanted, found)
        if not left:
            return self.outcome(one, ours or "unchanged", found)
        if "@odata.etag" not in found:
            raise UnexpectedAnswer(
                f"A record of {self._target.path} came without its etag.",
                remedy="It cannot be changed safely: report this.",
            )
        one.intended = ours or "updated"
        return Operation("update", self._target.path, left, found)
