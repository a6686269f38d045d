"""What every transfer out of Business Central has in common: its arguments, and how it runs."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.client import Client
from airflow_provider_bc.errors import BusinessCentralError, ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_exception, airflow_failures
from airflow_provider_bc.odata.filters import Filter
from airflow_provider_bc.odata.query import Expand
from airflow_provider_bc.sync.commit import Mode
from airflow_provider_bc.sync.policy import Deletes, Policy
from airflow_provider_bc.transfers.asset_events import tell_assets
from airflow_provider_bc.transfers.extras import extras
from airflow_provider_bc.transfers.run_key import run_key

if TYPE_CHECKING:
    from airflow_provider_bc.transfers.dataset_names import DatasetName
    from airflow_provider_bc.transfers.entity_set_load import Loaded, Store

_AT_ONCE = 5


class EntitySetsTransfer(BaseOperator):
    """Read entity sets of one company into tables: everything the first time, then what changed.

    Each `Asset` among the outlets gets the report of its entity set as its event's extra; an
    `AssetAlias` stands for the assets of all that was loaded, see `entity_set_asset`.

    The first load is unfiltered. Later ones read from the watermark on, and all keys now and then,
    which finds deleted rows (Business Central leaves no trace of them). A row is stored once.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-extract-data

    :param entity_set: e.g. ``customers``, or a list of them (templated).
    :param mode: ``incremental`` reads everything the first time, then what changed; ``full`` reads
        everything and replaces what is there (templated).
    :param select: the fields; none for all (templated).
    :param where: a condition, a `Filter` or its text (templated).
    :param expand: navigation properties, which become columns of structs.
    :param deletes: ``hard`` removes rows that are gone, ``soft`` fills in their ``_deleted_at``.
    :param sweep_every: how often all keys are compared with Business Central; None for never, so
        that only full loads find deleted rows.
    :param most_deleted: which part of the rows, 0 to 1, may be gone at once; more is an error. Up
        to 20 rows may always go where others are left, unless it is 0.
    :param overlap: how far before the watermark to read again, for rows committed late.
    :param lag: how young a change must be to be left for the next run, since it may be rolled back.
    :param strict: whether a count that does not add up after a second read is an error.
    :param page_size: rows a page; by default the connection's.
    :param workers: how many requests one load may have under way, 1 to 5 for each app.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    :param schema_version: ``$schemaversion``, e.g. ``"2.1"``.
    :param bc_conn_id: the connection to Business Central (templated).
    :param environment: an environment in place of the connection's (templated).
    :param company: a company in place of the connection's: id, name or display name (templated).
    """

    template_fields: Sequence[str] = (
        "bc_conn_id",
        "environment",
        "company",
        "api",
        "entity_set",
        "mode",
        "select",
        "where",
    )
    ui_color = "#d6eef5"

    def __init__(
        self,
        *,
        entity_set: str | Sequence[str],
        mode: Mode = "incremental",
        select: Sequence[str] = (),
        where: Filter | str | None = None,
        expand: Sequence[Expand | str] = (),
        deletes: Deletes = "hard",
        sweep_every: timedelta | None = timedelta(days=1),
        most_deleted: float = 0.2,
        overlap: timedelta = timedelta(minutes=10),
        lag: timedelta = timedelta(seconds=60),
        strict: bool = True,
        page_size: int | None = None,
        workers: int = _AT_ONCE,
        api: str = STANDARD_API,
        schema_version: str | None = None,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        company: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.entity_set = entity_set
        self.mode = mode
        self.select = select
        self.where = where.untemplated() if isinstance(where, Filter) else where
        self.expand = expand
        self.policy = Policy(overlap, lag, deletes, sweep_every, most_deleted, strict, workers)
        self.page_size = page_size
        self.api = api
        self.schema_version = schema_version
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.company = company
        self._loads: list[tuple[Loaded, DatasetName]] = []

    @abstractmethod
    def store(self) -> AbstractContextManager[Store]:
        """Open the store that the tables are in; what it needs is imported here."""

    def execute(self, context: Context) -> Any:
        """Load each entity set, several at once.

        :return: the fields of `Report`, a list of them where a list of entity sets was given; they
            are put on each asset outlet's event, too.
        """
        several = not isinstance(self.entity_set, str)
        names = [str(name) for name in self.entity_set] if several else [str(self.entity_set)]
        hook = BusinessCentralHook(
            self.bc_conn_id, environment=self.environment, company=self.company
        )
        with airflow_failures(), extras(), hook:
            _check_names(names)
            reports = self._load(hook.get_conn(), names, context)
        tell_assets(self.outlets, context, hook.settings.environment, reports)
        return reports if several else reports[0]

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage what was read and written, a task that failed of what it committed.

        https://airflow.apache.org/docs/apache-airflow-providers-openlineage/stable/guides/developer.html

        :param task_instance: that has ended.
        :return: an `OperatorLineage`; only the OpenLineage provider asks for it.
        """
        from airflow_provider_bc.transfers.lineage import lineage_of  # noqa: PLC0415 - OpenLineage is an extra

        del task_instance
        return lineage_of(self._loads)

    def _load(self, client: Client, names: list[str], context: Context) -> list[dict[str, Any]]:
        """Load every entity set, those behind one that fails included.

        :raises BusinessCentralError: a failure that a retry may cure, if there is one, else the
            first; after all loads have ended.
        """
        resume_key = run_key(context)
        client.company()  # once, before threads would each ask for it
        client.metadata(self.api)
        with self.store() as store:
            if len(names) == 1:
                return [self._load_one(client, names[0], store, resume_key)]
            with ThreadPoolExecutor(min(self.policy.workers, len(names))) as pool:
                loads = [
                    pool.submit(self._load_one, client, name, store, resume_key) for name in names
                ]
                try:
                    failed = [error for error in (load.exception() for load in loads) if error]
                except BaseException:  # a timeout, say: what has not begun shall not begin
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        for error in failed:
            self.log.error("%s: %s", type(error).__name__, error)
        if failed:
            raise min(failed, key=_is_final)
        return [load.result() for load in loads]

    def _load_one(
        self, client: Client, name: str, store: Store, resume_key: str | None
    ) -> dict[str, Any]:
        from airflow_provider_bc.transfers.entity_set_load import load_entity_set  # noqa: PLC0415 - pyarrow is an extra

        loaded = load_entity_set(
            self._read(client, name),
            store,
            self.mode,
            policy=self.policy,
            say=self.log.info,
            resume_key=resume_key and f"{resume_key}/{name}",
        )
        self._loads.append((loaded, store.dataset(loaded.name)))
        return asdict(loaded.report)

    def _read(self, client: Client, name: str) -> Any:
        from airflow_provider_bc.transfers.entity_set_read import EntitySetRead  # noqa: PLC0415 - pyarrow is an extra

        return EntitySetRead(
            client=client,
            entity_set=name,
            api=self.api,
            select=self.select,
            where=self.where,
            expand=self.expand,
            schema_version=self.schema_version,
            page_size=self.page_size,
        )


def _check_names(names: Sequence[str]) -> None:
    if not names:
        raise ConfigurationError("entity_set is an empty list.", remedy="Name at least one.")
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ConfigurationError(
            f"entity_set names {', '.join(twice)} more than once.", remedy="Name each once."
        )


def _is_final(error: BaseException) -> bool:
    """Say whether no retry can cure a failure."""
    if not isinstance(error, BusinessCentralError):
        return False
    return issubclass(airflow_exception(type(error)), AirflowFailException)
