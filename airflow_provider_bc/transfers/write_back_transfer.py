"""What every transfer into Business Central has in common: its arguments, and how it accounts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_bc.api.options import Place
from airflow_provider_bc.client import Client
from airflow_provider_bc.errors import TooManyRefused
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.hooks.object_storage import published
from airflow_provider_bc.odata.batch import MOST
from airflow_provider_bc.operators.record_operator import RecordOperator
from airflow_provider_bc.pace import CONCURRENT
from airflow_provider_bc.transfers.asset_events import tell_assets
from airflow_provider_bc.transfers.dataset_names import DatasetName
from airflow_provider_bc.transfers.extras import extras
from airflow_provider_bc.transfers.run_key import run_key
from airflow_provider_bc.write_back.outcomes import Tally
from airflow_provider_bc.write_back.plan import Plan, WriteMode

if TYPE_CHECKING:
    from airflow_provider_bc.write_back.run import WriteBack

_A_LINE_EVERY = 10_000

Rows = Iterable[Mapping[str, Any]]


class WriteBackTransfer(RecordOperator):
    """Write rows into an entity set, each once, and account for each.

    A row is checked against ``$metadata``, looked for by its natural key, and created, changed or
    left alone; a row that cannot be written is refused, and the others are written all the same.
    A retry, even after ``kill -9``, goes on where the attempt before it was: it writes nothing
    twice, and its table of outcomes is that of the whole task.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch

    :param mode: ``upsert`` creates or changes; ``create`` refuses rows that are there already;
        ``update`` refuses rows that are not (templated).
    :param by: the properties by which a record is found; ``["number"]`` by default. With
        ``mode="create"`` there need be none: a row is then known by its whole content, and one that
        comes twice is created twice (templated).
    :param columns: property by column of the source; by default every column is the property of
        its name, but for those that begin with ``_`` (templated).
    :param outcomes_path: a file of any store, ``.parquet``, ``.jsonl`` or ``.csv`` (these two also
        with ``.gz`` or ``.zst``), for the table of outcomes: a row for each row (templated). Beside
        it a retry finds what was begun; without it ``create`` refuses documents of its own attempt
        before, and records of custom APIs, as ``already_exists``.
    :param dead_letter_path: a file of any store, ``.jsonl`` (or packed), for the refused rows as
        they were read, with the reason; it can be written back once it is corrected (templated).
    :param storage_conn_id: the connection of the stores, where paths do not name it (templated).
    :param max_refused: how many rows may be refused; with more the task fails after all others were
        written. None for any number.
    :param batch_size: rows in one request, 1 to 100.
    :param workers: requests under way at once, 1 to 5; children of one parent, as in
        ``journals(…)/journalLines``, are written one batch after another.
    :param reapply: how often a row is read again and decided anew where somebody else changed it
        meanwhile.
    :param timezone: in which the source's moments without a time zone are, e.g. ``Europe/Berlin``;
        by default they are refused (templated).
    :param kwargs: the arguments of `RecordOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *RecordOperator.template_fields,
        "mode",
        "by",
        "columns",
        "outcomes_path",
        "dead_letter_path",
        "storage_conn_id",
        "timezone",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"columns": "json"}

    def __init__(
        self,
        *,
        mode: WriteMode = "upsert",
        by: Sequence[str] | None = None,
        columns: Mapping[str, str] | None = None,
        outcomes_path: str | None = None,
        dead_letter_path: str | None = None,
        storage_conn_id: str | None = None,
        max_refused: int | None = 0,
        batch_size: int = MOST,
        workers: int = CONCURRENT,
        reapply: int = 3,
        timezone: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode = mode
        self.by = by
        self.columns = columns
        self.outcomes_path = outcomes_path
        self.dead_letter_path = dead_letter_path
        self.storage_conn_id = storage_conn_id
        self.max_refused = max_refused
        self.batch_size = batch_size
        self.workers = workers
        self.reapply = reapply
        self.timezone = timezone

        self._told: tuple[str, dict[str, Any]] | None = None

    @abstractmethod
    def source(self) -> AbstractContextManager[Rows]:
        """Open the source; what it needs is imported here."""

    @abstractmethod
    def source_datasets(self) -> list[DatasetName]:
        """Name what was read, for OpenLineage."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Write all rows.

        :return: ``rows``, and of these how many were ``created``, ``updated``, ``unchanged`` and
            ``refused``, by ``refusals`` for each reason; entity set, company and paths.
        :raises AirflowFailException: when too many rows were refused.
        """
        run = run_key(context) or str(uuid4())
        with airflow_failures(), extras(), self.hook() as hook:
            self.show(context, hook, None)
            client = hook.get_conn()
            tally = self._write(client, run)
            report = self._report(client.company().name, tally)
            environment = hook.settings.environment
            self._told = environment, report
            self._judge(tally)
        tell_assets(self.outlets, context, environment, [report])
        return report

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage what was read and written, also where too many rows were refused.

        https://airflow.apache.org/docs/apache-airflow-providers-openlineage/stable/guides/developer.html

        :param task_instance: that has ended.
        :return: an `OperatorLineage`, None for a task that ended before; only the OpenLineage
            provider asks for it.
        """
        from airflow_provider_bc.transfers.lineage import lineage_of_write_back  # noqa: PLC0415 - OpenLineage is an extra

        del task_instance
        return self._told and lineage_of_write_back(self.source_datasets(), *self._told)

    def plan(self) -> Plan:
        """Say what is to be done."""
        usual = () if self.mode == "create" else ("number",)
        return Plan(
            mode=self.mode,
            by=usual if self.by is None else self.by,
            columns=self.columns,
            batch_size=self.batch_size,
            workers=self.workers,
            reapply=self.reapply,
            timezone=self.timezone,
        )

    def _write(self, client: Client, run: str) -> Tally:
        """Write the rows, then publish the files."""
        from airflow_provider_bc.write_back.journal import FileJournal, NoJournal  # noqa: PLC0415 - pyarrow is an extra
        from airflow_provider_bc.write_back.run import WriteBack  # noqa: PLC0415 - the same

        table = self._file(self.outcomes_path)
        journal = FileJournal(table, run) if table else NoJournal()
        place: Place = self.place()
        work = WriteBack(
            client, self.entity_set, self.plan(), place=place, run=run, journal=journal
        )
        tally = Tally()
        with ExitStack() as files:
            books = [*self._books(files, work)]
            with self.source() as rows, closing(work.write(rows)) as written:
                for outcomes in written:
                    for book in books:
                        book.write(outcomes)
                    self._count(tally, outcomes)
        self.log.info("%s", tally)
        journal.finish()
        return tally

    def _books(self, files: ExitStack, work: WriteBack) -> Iterator[Any]:
        """Begin the files that account for rows; they appear when all rows are through."""
        from airflow_provider_bc.sync.files.formats import format_of  # noqa: PLC0415 - pyarrow is an extra
        from airflow_provider_bc.write_back.dead_letter import DeadLetter, dead_letter_format  # noqa: PLC0415 - the same
        from airflow_provider_bc.write_back.outcome_table import OutcomeTable  # noqa: PLC0415 - the same

        table, letters = self._file(self.outcomes_path), self._file(self.dead_letter_path)
        kinds = table and format_of(table.name), letters and dead_letter_format(letters.name)
        if table and kinds[0]:
            opened = files.enter_context(published(table))
            book: Any = OutcomeTable(files.enter_context(opened()), kinds[0], work.by)
            files.callback(book.close)
            yield book
        if letters and kinds[1]:
            opened = files.enter_context(published(letters))
            book = DeadLetter(files.enter_context(opened()), kinds[1])
            files.callback(book.close)
            yield book

    def _count(self, tally: Tally, outcomes: Sequence[Any]) -> None:
        before = tally.rows // _A_LINE_EVERY
        tally.count(outcomes)
        if tally.rows // _A_LINE_EVERY > before:
            self.log.info("%s", tally)

    def _file(self, path: str | None) -> ObjectStoragePath | None:
        return ObjectStoragePath(path, conn_id=self.storage_conn_id) if path else None

    def _report(self, company: str, tally: Tally) -> dict[str, Any]:
        kinds = ("created", "updated", "unchanged", "refused")
        return {
            "entity_set": self.entity_set,
            "company": company,
            "rows": tally.rows,
            **{kind: tally.outcomes[kind] for kind in kinds},
            "refusals": dict(tally.refusals),
            "outcomes_path": self.outcomes_path,
            "dead_letter_path": self.dead_letter_path,
        }

    def _judge(self, tally: Tally) -> None:
        """Fail when too many rows were refused.

        :raises TooManyRefused: naming the first of them, and where all of them are.
        """
        if not tally.refused:
            return
        first = ", ".join(tally.first_refused)
        more = " …" if tally.refused > len(tally.first_refused) else ""
        said = f"{tally.refused} of {tally.rows} rows were refused: {first}{more}."
        self.log.warning("%s", said)
        if self.max_refused is not None and tally.refused > self.max_refused:
            place = self.dead_letter_path or self.outcomes_path
            where = f"{place} says why" if place else "dead_letter_path keeps them with the reason"
            raise TooManyRefused(
                f"{said} All others were written ({tally}).",
                remedy=f"Correct the refused rows and write them again: {where}.",
            )
