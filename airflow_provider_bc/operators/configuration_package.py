"""Import a configuration package and apply it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args
from uuid import NAMESPACE_URL, uuid5

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_bc.api.automation.package_file import PackageFile, read_package_file
from airflow_provider_bc.api.automation.packages import BUSY, Packages, Step
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ApplicationRejected, ConfigurationError, Unavailable
from airflow_provider_bc.hooks.configuration_package_watch import (
    ConfigurationPackageWatch,
    unless_replaced,
)
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.hooks.object_storage import stored
from airflow_provider_bc.links.business_central import BusinessCentralRecordLink
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.operators.earlier_try import is_cleared
from airflow_provider_bc.operators.waiting_operator import Then, WaitingOperator
from airflow_provider_bc.triggers.configuration_package import (
    BusinessCentralConfigurationPackageTrigger,
)

OnErrors = Literal["fail", "warn"]
IfExists = Literal["replace", "fail"]

_LONGEST_NAME = 50
_TO_DO = frozenset({"No", "Error"})


class BusinessCentralImportConfigurationPackageOperator(WaitingOperator):
    """Import a configuration package (RapidStart) into a company, and apply it.

    The package has an id of the DAG run and of the file: a retry goes on with what an earlier try
    has begun, and imports nothing twice.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis

    :param path: a ``.rapidstart`` file of any store that Airflow's ObjectStoragePath knows
        (templated). Its code is that of the package.
    :param storage_conn_id: the connection of the store, if `path` does not name it (templated).
    :param company: a company in place of the connection's (templated).
    :param if_exists: what another package of the same code means: ``replace`` deletes it, though
        not the data it brought, ``fail`` fails.
    :param on_errors: what records that could not be applied mean: ``fail`` or ``warn``.
    :param kwargs: the arguments of `WaitingOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *WaitingOperator.template_fields,
        "path",
        "storage_conn_id",
        "company",
    )
    operator_extra_links = (BusinessCentralRecordLink(),)

    def __init__(
        self,
        *,
        path: str,
        storage_conn_id: str | None = None,
        company: str | None = None,
        if_exists: IfExists = "replace",
        on_errors: OnErrors = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.storage_conn_id = storage_conn_id
        self.company = company
        self.if_exists = if_exists
        self.on_errors = on_errors

    def execute(self, context: Context) -> Any:
        """Import and apply the package, as far as an earlier try has not.

        :return: ``package_id``, ``code`` and the numbers of ``tables``, ``records``, ``errors``.
        :raises OperationFailed: as Airflow's exception, when the import or application failed.
        :raises ApplicationRejected: likewise, when records could not be applied.
        """
        with airflow_failures(), self.hook() as hook:
            self._check()
            source, size = stored(ObjectStoragePath(self.path, conn_id=self.storage_conn_id))
            file = read_package_file(source)
            BusinessCentralRecordLink.persist(context, hook)
            packages = hook.automation.packages
            row = hook.perform(self._there(packages, file, _own_id(context, file)))
            if row["importStatus"] in _TO_DO:
                hook.perform(unless_replaced(packages.upload(row, source, size)))
                hook.perform(unless_replaced(packages.begin("import", str(row["id"]))))
        return self._await(context, "import", str(row["id"]), self.imported)

    def imported(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        """Apply the package when it is imported.

        :param event: of the waiting that has ended.
        """
        found = self.found(event)
        package_id = str(found["package_id"])
        with airflow_failures(), self.hook() as hook:
            packages = hook.automation.packages
            row = hook.perform(unless_replaced(packages.get(package_id)))
            again = self._left_errors(row) and is_cleared(context, self.retries)
            if row["applyStatus"] in _TO_DO or again:
                hook.perform(unless_replaced(packages.begin("apply", package_id)))
        return self._await(context, "apply", package_id, self.applied)

    def applied(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        """Judge how the application went.

        :param event: of the waiting that has ended.
        """
        del context
        found = self.found(event)
        if errors := int(found["errors"]):
            said = f"{errors} errors were found when package {found['code']} was applied."
            with airflow_failures():
                if self.on_errors == "fail":
                    raise ApplicationRejected(
                        said, remedy="The page Config. Package Errors lists them: correct the file."
                    )
            self.log.warning(said)
        return {**found}

    def _await(self, context: Context, step: Step, package_id: str, then: Then) -> Any:
        watch = ConfigurationPackageWatch(package_id, step)
        return self.wait(context, BusinessCentralConfigurationPackageTrigger, watch, then)

    def _there(self, packages: Packages, file: PackageFile, own: str) -> Conversation[Row]:
        """Find the package of this run, or make it in place of another one of the same code."""
        row = yield from packages.find(file.code)
        if row is not None and str(row["id"]).lower() == own:
            self.log.info("An earlier try has made the package %s.", file.code)
            return row
        if row is not None:
            yield from self._removed(packages, row)
        name = (file.name or file.code)[:_LONGEST_NAME]
        return (yield from packages.create(file.code, name, package_id=own))

    def _removed(self, packages: Packages, row: Row) -> Conversation[None]:
        if self.if_exists == "fail":
            raise ConfigurationError(
                f"There is a package {row['code']} already.",
                remedy='Delete it in Business Central, or give if_exists="replace".',
            )
        if {row["importStatus"], row["applyStatus"]} & BUSY:
            raise Unavailable(
                f"Another package {row['code']} is being imported or applied.",
                remedy="A retry replaces it when that has ended.",
            )
        self.log.info("Another package %s is replaced.", row["code"])
        yield from packages.delete(str(row["id"]))

    def _left_errors(self, row: Row) -> bool:
        """Say whether an earlier application left errors that make the task fail."""
        done = row["applyStatus"] == "Completed"
        return done and self.on_errors == "fail" and int(row["numberOfErrors"]) > 0

    def _check(self) -> None:
        for name, allowed in (("on_errors", OnErrors), ("if_exists", IfExists)):
            if (given := getattr(self, name)) not in get_args(allowed):
                raise ConfigurationError(
                    f"{name} is {given!r}.", remedy=f"Give {' or '.join(get_args(allowed))}."
                )


def _own_id(context: Context, file: PackageFile) -> str:
    """Make the id of the package of this task, this run and this file."""
    ti = context["ti"]
    run = [ti.dag_id, ti.run_id, ti.task_id, str(ti.map_index), file.code, file.digest]
    return str(uuid5(NAMESPACE_URL, "\n".join(["airflow_provider_bc", *run])))
