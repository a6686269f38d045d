"""A write-back from end to end: several batches under way, and memory for a few."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from airflow_provider_bc.api.options import Place
from airflow_provider_bc.record_verbs import RecordVerbs
from airflow_provider_bc.write_back.batch_writer import BatchWriter
from airflow_provider_bc.write_back.decision import Candidate
from airflow_provider_bc.write_back.intake import OWN_ID, Intake
from airflow_provider_bc.write_back.journal import Journal
from airflow_provider_bc.write_back.keys_seen import KeysSeen
from airflow_provider_bc.write_back.outcomes import RowOutcome, SourceRow
from airflow_provider_bc.write_back.own_ids import OwnIds
from airflow_provider_bc.write_back.plan import Plan

Taken = Candidate | RowOutcome

_AHEAD = 2
"""How many batches are made ready for each one that is under way."""

_MOST_REFUSED = 10
"""After how many batches' worth of refused rows a batch is sent that is not full."""


class WriteBack:
    """Writes the rows of a source into an entity set, and accounts for each.

    :param client: of the connection.
    :param entity_set: e.g. ``customers``, or ``journals(…)/journalLines``.
    :param plan: what to do.
    :param place: which company of which API.
    :param run: what the attempts of one task have in common.
    :param journal: where they note what they set out to do.
    :raises ConfigurationError: for a plan that cannot be right.
    """

    def __init__(
        self,
        client: RecordVerbs,
        entity_set: str,
        plan: Plan,
        *,
        place: Place,
        run: str,
        journal: Journal,
    ) -> None:
        plan.check()
        self._client = client
        self._target = client.perform(client.entities.target(entity_set, place))
        plan.check_against(self._target)
        client.perform(
            client.entities.operations.company(place.get("company"))
        )  # once, before threads would each ask for it
        self._plan = plan
        self._ids = OwnIds(self._target, run)
        self._journal = journal
        keyed = replace(plan, by=plan.by or OWN_ID)
        self.by = keyed.by
        self._writer = BatchWriter(client.entities, self._target, keyed, self._ids, journal)

    @property
    def workers(self) -> int:
        """How many batches are under way at once; children of one parent go one after another.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-client-performance
        """
        return 1 if "/" in self._target.path.strip("/") else self._plan.workers

    def write(self, rows: Iterable[Mapping[str, Any]]) -> Generator[list[RowOutcome], None, None]:
        """Write rows; to be closed where its reader stops early, so that nothing more begins.

        :param rows: by column, as they are read.
        :return: what became of them, some at a time, in the order of the source.
        :raises BusinessCentralError: where the attempt cannot go on; what was sent until then is
            answered first.
        """
        with KeysSeen() as seen, ThreadPoolExecutor(self.workers, "bc-write") as pool:
            intake = Intake(self._target, self._plan, self._ids, seen)
            intake.recall(self._journal)
            under_way: deque[Future[list[RowOutcome]]] = deque()
            try:
                for batch in self._batches(intake, rows):
                    under_way.append(pool.submit(self._write, batch))
                    if len(under_way) > _AHEAD * self.workers:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            except BaseException:  # what has not begun shall not begin
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _batches(self, intake: Intake, rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Taken]]:
        """Gather batches of rows that can be written, and the refused ones between them."""
        size = self._plan.batch_size
        batch: list[Taken] = []
        writable = 0
        for number, values in enumerate(rows, start=1):
            batch.append(intake.take(SourceRow(number, values)))
            writable += isinstance(batch[-1], Candidate)
            if writable == size or len(batch) == size * _MOST_REFUSED:
                yield batch
                batch, writable = [], 0
        if batch:
            yield batch

    def _write(self, batch: Sequence[Taken]) -> list[RowOutcome]:
        refused = [one for one in batch if isinstance(one, RowOutcome)]
        candidates = [one for one in batch if isinstance(one, Candidate)]
        written = self._client.perform(self._writer.write(candidates)) if candidates else []
        return sorted([*refused, *written], key=lambda one: one.row.number)
