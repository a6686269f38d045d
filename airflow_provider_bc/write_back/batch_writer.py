"""The life of one batch: look, decide, note, send, and settle what is in doubt by looking again.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_provider_bc.api.batch_outcomes import BatchOutcome, Operation
from airflow_provider_bc.api.batches import Batches
from airflow_provider_bc.api.entities import Entities, Target
from airflow_provider_bc.api.lookups import Lookups
from airflow_provider_bc.api.options import BatchOptions
from airflow_provider_bc.api.records import DUPLICATE, READ_ONLY
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    AuthenticationError,
    AuthorizationError,
    BusinessCentralError,
    ConfigurationError,
    Conflict,
    NotFound,
    RequestTooLarge,
    Unavailable,
)
from airflow_provider_bc.wire import Pause
from airflow_provider_bc.write_back.decision import Candidate, Decisions, in_doubt
from airflow_provider_bc.write_back.journal import Journal, digest_of
from airflow_provider_bc.write_back.outcomes import RowOutcome, Write
from airflow_provider_bc.write_back.own_ids import OwnIds
from airflow_provider_bc.write_back.plan import Plan

_DOUBTS = 5
"""How often in a row a batch is looked after without any of its rows being through."""


@dataclass(slots=True)
class _Sent:
    """A row that was sent.

    :param before: what was intended with it before.
    """

    one: Candidate
    operation: Operation
    before: Write | None


class BatchWriter:
    """Writes the rows of a batch, each once.

    :param entities: addresses the entity set.
    :param target: the entity set.
    :param plan: what the write-back shall do.
    :param ids: those of what is created.
    :param journal: what was set out to do.
    """

    def __init__(
        self, entities: Entities, target: Target, plan: Plan, ids: OwnIds, journal: Journal
    ) -> None:
        self._entities = entities
        self._target = target
        self._plan = plan
        self._ids = ids
        self._journal = journal
        self._decisions = Decisions(target, plan)

    def write(self, rows: Sequence[Candidate]) -> Conversation[list[RowOutcome]]:
        """Write rows.

        :param rows: no two with one key.
        :return: what became of each.
        :raises Unavailable: when rows are still in doubt after several looks.
        """
        done: list[RowOutcome] = []
        waiting, size, doubts = [*rows], self._plan.batch_size, 0
        while waiting:
            sent = yield from self._decided(waiting, done)
            self._note(sent)
            answers: list[BatchOutcome] = []
            for start in range(0, len(sent), size):
                answers += yield from self._send(sent[start : start + size])
            before = len(waiting)
            waiting, errors = self._settle(sent, answers, done)
            if errors:
                doubts = doubts + 1 if len(waiting) == before else 1
                if doubts > _DOUBTS:
                    raise in_doubt(len(errors), errors[0]) from errors[0]
                if any(isinstance(error, RequestTooLarge) for error in errors):
                    size = max(1, min(size, len(sent)) // 2)
                wait = self._entities.exchange.retries.wait(doubts, None)
                yield Pause(wait, f"{len(waiting)} rows in doubt are looked for")
        return done

    def _decided(
        self, waiting: Sequence[Candidate], done: list[RowOutcome]
    ) -> Conversation[list[_Sent]]:
        """Look for the records of rows, and decide on each."""
        names = dict.fromkeys(name for one in waiting for name in one.values)
        found = yield from Lookups(self._entities).rows_with(
            self._target, self._plan.by, [one.values for one in waiting], names
        )
        sent = []
        for one in waiting:
            if not self._ids.taken:
                one.own_id = None
            before = one.intended
            step = self._decisions.on(one, found.get(one.key, []))
            if isinstance(step, RowOutcome):
                done.append(step)
                self._ids.accepted |= step.record_id is not None and step.record_id == one.own_id
            else:
                sent.append(_Sent(one, step, before))
        return sent

    def _note(self, sent: Iterable[_Sent]) -> None:
        """Note what no id will tell."""
        noted: dict[Write, list[str]] = {}
        for one in sent:
            intended = one.one.intended
            if intended and intended != one.before and "id" not in (one.operation.values or {}):
                noted.setdefault(intended, []).append(digest_of(one.one.key))
        if noted:
            self._journal.intend(noted)

    def _send(self, sent: Sequence[_Sent]) -> Conversation[list[BatchOutcome]]:
        place = self._target.place
        options: BatchOptions = {
            "company": place.get("company"),
            "api": place.get("api", STANDARD_API),
        }
        operations = [one.operation for one in sent]
        try:
            return (yield from Batches(self._entities, resume=False).batch(operations, **options))
        except RequestTooLarge as error:
            return [BatchOutcome(one, "not_run", error=error) for one in operations]

    def _settle(
        self, sent: Sequence[_Sent], answers: Sequence[BatchOutcome], done: list[RowOutcome]
    ) -> tuple[list[Candidate], list[BusinessCentralError]]:
        """Tell the rows that are through from those to be looked for again, and why."""
        waiting, doubts = [], []
        self._ids.accepted |= any(
            answer.state == "written" and one.operation.verb == "create" and one.one.own_id
            for one, answer in zip(sent, answers, strict=True)
        )
        for one, answer in zip(sent, answers, strict=True):
            error = answer.error or Unavailable("There is no answer.", remedy="Run the task again.")
            if answer.state == "written":
                done.append(self._written(one, answer))
            elif answer.state == "refused" and not isinstance(error, Unavailable):
                settled = self._refused(one, error)
                if settled:
                    done.append(settled)
                else:
                    waiting.append(one.one)
            else:
                doubtful = one.operation.verb == "create" and answer.state == "unknown"
                one.one.doubt = error if doubtful else None
                if answer.state == "refused":
                    one.one.intended = one.before
                waiting.append(one.one)
                doubts.append(error)
        return waiting, doubts

    def _written(self, sent: _Sent, answer: BatchOutcome) -> RowOutcome:
        record = answer.row or sent.operation.record
        known = record if isinstance(record, dict) else None
        assert sent.one.intended is not None  # noqa: S101 - it was decided on
        if sent.one.id_refused and sent.operation.verb == "create":
            self._ids.taken = False  # it was the id that was refused, and will be
        return self._decisions.outcome(sent.one, sent.one.intended, known)

    def _refused(self, sent: _Sent, error: BusinessCentralError) -> RowOutcome | None:
        """Say what became of a row that was refused; None to look and decide again.

        :raises BusinessCentralError: for an error that concerns all rows.
        """
        one, creating = sent.one, sent.operation.verb == "create"
        one.intended, one.doubt = sent.before, None
        if isinstance(error, AuthenticationError | AuthorizationError):
            raise error
        if creating and one.own_id and error.code == READ_ONLY and not self._ids.accepted:
            self._do_without_id(one, error)
            return None
        overtaken = isinstance(error, Conflict | NotFound) and not creating
        if overtaken or (creating and error.code == DUPLICATE):
            one.conflicts += 1
            if one.conflicts <= self._plan.reapply:
                return None
        reason = f"{error.message} {error.remedy}".strip()
        return self._decisions.refused(one, error.code or type(error).__name__, reason)

    def _do_without_id(self, one: Candidate, error: BusinessCentralError) -> None:
        if self._plan.by == self._target.kind.key:
            raise ConfigurationError(
                f"{self._target.path} refused an id of our own: {error.message}",
                remedy="Name a natural key in by, or leave out what cannot be written.",
            ) from error
        one.own_id, one.id_refused = None, True
