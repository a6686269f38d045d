"""What became of each operation of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from airflow_provider_bc.api.entities import Record
from airflow_provider_bc.api.interpret import explain
from airflow_provider_bc.delivery import doubtful
from airflow_provider_bc.errors import BusinessCentralError, UnexpectedAnswer
from airflow_provider_bc.odata.page import Row, decode
from airflow_provider_bc.wire import Request, Response

Verb = Literal["create", "update", "delete", "act"]
State = Literal["written", "refused", "rolled_back", "not_run", "unknown"]

_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a batch.

    :param verb: ``create``, ``update``, ``delete`` or ``act``.
    :param entity_set: e.g. ``customers``, or ``salesOrders(…)/salesOrderLines``.
    :param values: what to write, by property; the arguments of an action.
    :param record: the row as it was read, or its key; None for a create.
    :param etag: in place of the row's; ``*`` for whatever the record is now.
    :param action: the bound action, e.g. ``post``.
    :param name: by which later operations depend on this one.
    :param depends_on: names of earlier operations without which this one is not to be performed.
    """

    verb: Verb
    entity_set: str
    values: Mapping[str, Any] | None = None
    record: Record | None = None
    etag: str | None = None
    action: str | None = None
    name: str | None = None
    depends_on: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of an operation.

    :param operation: which.
    :param state: ``written``; ``refused``, with its error; ``rolled_back``, as another one of its
        snapshot was refused; ``not_run``; or ``unknown``, where no answer tells.
    :param row: the record, where it was written and the answer shows it.
    :param error: why it was not written; None where another operation is why.
    """

    operation: Operation
    state: State
    row: Row | None = None
    error: BusinessCentralError | None = None


def outcomes_alone(
    operations: Sequence[Operation], answers: Mapping[int, Response]
) -> list[BatchOutcome]:
    """Tell outcomes of operations that stand alone, up to where the service stopped.

    :param operations: of one batch.
    :param answers: by the place of the operation.
    :return: of the operations that were performed, from the first on; a service that stops at a
        refused one has not performed those behind it, and they can be sent again.
    """
    found = []
    for place, operation in enumerate(operations):
        if place in answers:
            found.append(_outcome(operation, answers[place]))
        elif found and found[-1].state == "refused" and place > max(answers):
            break
        else:
            found.append(_unanswered(operation))
    return found


def outcomes_together(
    operations: Sequence[Operation], answers: Mapping[int, Response]
) -> list[BatchOutcome]:
    """Tell outcomes of operations that are written together or not at all.

    A success within a snapshot that failed was rolled back, though its answer does not say so; only
    what an action committed, as posting does, may have stayed.

    :param operations: of one batch.
    :param answers: by the place of the operation.
    """
    found = [
        _outcome(operation, answers[place]) if place in answers else _unanswered(operation)
        for place, operation in enumerate(operations)
    ]
    if all(one.state == "written" for one in found):
        return found
    failed = any(one.state == "refused" for one in found)
    committed = max(
        (place for place, one in enumerate(found) if _acted(one)),
        default=-1,
    )
    return [
        one if one.state == "refused" else _undone(one, failed=failed, kept=place <= committed)
        for place, one in enumerate(found)
    ]


def unsent(
    operations: Sequence[Operation], error: BusinessCentralError, *, started: bool
) -> list[BatchOutcome]:
    """Tell outcomes of a batch that has no answer.

    :param operations: of the batch.
    :param error: that came in place of the answer.
    :param started: whether an earlier batch was carried out.
    :raises BusinessCentralError: the error, where nothing at all was carried out.
    """
    if not error.in_doubt and not started:
        raise error
    state: State = "unknown" if error.in_doubt else "not_run"
    return [BatchOutcome(operation, state, error=error) for operation in operations]


def _outcome(operation: Operation, answer: Response) -> BatchOutcome:
    if answer.status >= _FIRST_ERROR:
        request = Request(operation.verb.upper(), f"batch:///{operation.entity_set}")
        error = explain(request, answer)
        error.in_doubt = doubtful(answer.status)
        return BatchOutcome(operation, "unknown" if error.in_doubt else "refused", error=error)
    row = decode(answer.body) if answer.body else None
    return BatchOutcome(operation, "written", row if isinstance(row, dict) else None)


def _unanswered(operation: Operation) -> BatchOutcome:
    error = UnexpectedAnswer(
        "The batch was answered, but not this operation.", remedy="Look whether it was carried out."
    )
    error.in_doubt = True
    return BatchOutcome(operation, "unknown", error=error)


def _acted(one: BatchOutcome) -> bool:
    """Say whether something may have committed: an action can fail after its posting."""
    return one.state in ("written", "refused") and one.operation.verb == "act"


def _undone(one: BatchOutcome, *, failed: bool, kept: bool) -> BatchOutcome:
    if one.state == "unknown":
        return BatchOutcome(one.operation, "not_run") if failed else one
    return BatchOutcome(one.operation, "unknown" if kept or not failed else "rolled_back")
