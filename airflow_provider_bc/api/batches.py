"""Many writes in few requests, and what became of each.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Unpack

from airflow_provider_bc.api.batch_outcomes import (
    BatchOutcome,
    Operation,
    outcomes_alone,
    outcomes_together,
    unsent,
)
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.inner_requests import InnerRequests
from airflow_provider_bc.api.options import BatchOptions, check_options
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import BusinessCentralError, ConfigurationError, Unavailable
from airflow_provider_bc.odata.batch import MOST, Inner, read_batch, write_batch
from airflow_provider_bc.wire import Response

_CONTINUE = {"Prefer": "odata.continue-on-error"}
_SNAPSHOT = {"Isolation": "snapshot"}


class Batches:
    """Sends operations in batches.

    :param entities: finds and addresses what is written.
    :param resume: whether what stands behind an operation at which the service stopped is sent at
        once; it is not run otherwise.
    """

    def __init__(self, entities: Entities, *, resume: bool = True) -> None:
        self._entities = entities
        self._resume = resume

    def batch(
        self, operations: Sequence[Operation], **options: Unpack[BatchOptions]
    ) -> Conversation[list[BatchOutcome]]:
        """Perform operations, up to 100 in one request.

        Each stands alone: one that is refused does not keep the others from being written, but for
        those that depend on it. With ``snapshot`` all are written or none. No batch is sent again
        after a lost answer.

        :param operations: in the order in which they are to be performed.
        :param options: see `BatchOptions`.
        :return: what became of each, in the order of the operations; see `BatchOutcome.state`.
        :raises ConfigurationError: for an operation that cannot be right; nothing was sent.
        :raises BusinessCentralError: when nothing at all was carried out.
        """
        check_options(options, BatchOptions)
        together = options.get("snapshot", False)
        if together and len(operations) > MOST:
            raise ConfigurationError(
                f"A snapshot of {len(operations)} operations does not fit one batch of {MOST}.",
                remedy="Divide it into snapshots that may be written without one another.",
            )
        _check_dependencies(operations)
        inner = yield from InnerRequests(self._entities).of(operations, options)
        sending = _Sending(operations, inner, options.get("api", STANDARD_API))
        if together:
            return (yield from self._together(sending))
        while places := sending.next_places():
            yield from self._some(sending, places)
        return [sending.outcomes[place] for place in range(len(operations))]

    def _together(self, sending: _Sending) -> Conversation[list[BatchOutcome]]:
        operations = sending.operations
        try:
            answers = yield from self._send(sending, range(len(operations)), _SNAPSHOT)
        except BusinessCentralError as error:
            return unsent(operations, error, started=False)
        return outcomes_together(operations, answers) if operations else []

    def _some(self, sending: _Sending, places: Sequence[int]) -> Conversation[None]:
        operations = [sending.operations[place] for place in places]
        try:
            answers = yield from self._send(sending, places, _CONTINUE)
        except BusinessCentralError as error:
            found = unsent(operations, error, started=bool(sending.outcomes))
            sending.stopped = error
        else:
            found = outcomes_alone(operations, answers)
            if not self._resume and len(found) < len(operations):
                sending.stopped = Unavailable("The batch stopped.", remedy="Send the rest again.")
        sending.outcomes |= dict(zip(places, found, strict=False))

    def _send(
        self, sending: _Sending, places: Sequence[int], headers: dict[str, str]
    ) -> Conversation[dict[int, Response]]:
        if not places:
            return {}
        exchange = self._entities.exchange
        url = f"{exchange.routes.api(sending.api)}/$batch"
        body = write_batch([sending.inner[place] for place in places])
        request = exchange.request(
            "POST", url, {"Content-Type": "application/json", **headers}, body
        )
        return (yield from exchange.write(request, lambda body: read_batch(body, len(places))))


@dataclass(slots=True)
class _Sending:
    """How far a list of operations has come."""

    operations: Sequence[Operation]
    inner: Sequence[Inner]
    api: str
    outcomes: dict[int, BatchOutcome] = field(default_factory=dict)
    stopped: BusinessCentralError | None = None

    def next_places(self) -> list[int]:
        """Choose what is sent next; what cannot be sent any more has its outcome then."""
        written = {one.operation.name for one in self.outcomes.values() if one.state == "written"}
        done = {one.operation.name for one in self.outcomes.values()}
        chosen: list[int] = []
        for place, operation in enumerate(self.operations):
            if place in self.outcomes or len(chosen) == MOST:
                continue
            missing = [name for name in operation.depends_on if name not in written]
            if self.stopped or any(name in done for name in missing):
                self.outcomes[place] = BatchOutcome(operation, "not_run", error=self.stopped)
                done.add(operation.name)
            elif not missing:
                chosen.append(place)
        return chosen


def _check_dependencies(operations: Sequence[Operation]) -> None:
    earlier: set[str] = set()
    for operation in operations:
        for name in operation.depends_on:
            if name not in earlier:
                raise ConfigurationError(
                    f"An operation depends on {name!r}, which is the name of no earlier one.",
                    remedy="Name operations, and put what others depend on before them.",
                )
        if operation.name in earlier:
            raise ConfigurationError(
                f"Two operations have the name {operation.name!r}.", remedy="Name each its own."
            )
        earlier |= {operation.name} if operation.name else set()
