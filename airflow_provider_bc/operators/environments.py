"""Create, copy, rename, delete, recover, restore and update environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from airflow.sdk import Context

from airflow_provider_bc.api.admin_center.environments import EnvironmentType
from airflow_provider_bc.api.admin_center.operations import Operation
from airflow_provider_bc.api.admin_center.orders import Order, begun_since, is_gone
from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.moment import moment_of
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError, NotFound
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.order_operator import OrderOperator

IfExists = Literal["fail", "skip"]
_EVER = datetime.min.replace(tzinfo=UTC)


class NewEnvironmentOperator(OrderOperator):
    """Makes an environment.

    :param name: of the new one: at most 29 letters, digits, ``_`` and ``-``, the first one a letter
        (templated).
    :param environment_type: ``Production`` or ``Sandbox`` (templated).
    :param if_exists: ``fail``, or ``skip`` when there is one of that name and type; one that is
        being made is awaited.
    :param kwargs: the arguments of `OrderOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*OrderOperator.template_fields, "name", "environment_type")

    def __init__(
        self,
        *,
        name: str,
        environment_type: EnvironmentType = "Sandbox",
        if_exists: IfExists = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.environment_type = environment_type
        self.if_exists = if_exists

    def unneeded(self, hook: BusinessCentralHook) -> Conversation[bool]:
        """Say whether the environment is there already, and may be taken as it is.

        :param hook: of this task.
        :raises ConfigurationError: when there is one of that name, of another type.
        """
        if self.if_exists == "fail":
            return False
        try:
            there = yield from hook.admin_center.environments.get(self.name)
        except NotFound:
            return False
        if there.type.lower() != self.environment_type.lower():
            raise ConfigurationError(
                f"{there.name} is there already, as {there.type}.",
                remedy="Choose another name, or the type that it has.",
            )
        self.log.info("%s is there already: %s", there.name, there.status)
        return there.active

    def begun_by_others(
        self, hook: BusinessCentralHook, order: Order
    ) -> Conversation[Operation | None]:
        """Find what makes such an environment already, where one may be taken as it is.

        :param hook: of this task.
        :param order: what this task wants.
        """
        if self.if_exists == "fail":
            return None
        center = hook.admin_center
        every = yield from center.operations.all()
        any_such = replace(order, unless=self.types())
        return (yield from begun_since(center, any_such, every, _EVER))

    def types(self) -> dict[str, str]:
        """Give what an operation says of the type of the environment that it makes."""
        names = ("environmentType", "destinationEnvironmentType")
        return dict.fromkeys(names, self.environment_type)


class BusinessCentralCreateEnvironmentOperator(NewEnvironmentOperator):
    """Create an environment.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#create-new-environment

    :param country: the code of its localization, e.g. ``US`` (templated).
    :param version: of the application; by default the newest (templated).
    :param ring: its release ring, for previews (templated).
    :param kwargs: the arguments of `NewEnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *NewEnvironmentOperator.template_fields,
        "country",
        "version",
        "ring",
    )

    def __init__(
        self, *, country: str, version: str | None = None, ring: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.country = country
        self.version = version
        self.ring = ring

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        del environment
        return Order(
            kind=("create",),
            about=(self.name,),
            unless={**self.types(), "countryCode": self.country},
            submit=lambda center: center.environments.create(
                self.name,
                self.environment_type,
                self.country,
                version=self.version,
                ring=self.ring,
            ),
            result=self.name,
        )


class BusinessCentralCopyEnvironmentOperator(NewEnvironmentOperator):
    """Copy an environment with all its data; the source is `environment`.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#copy-environment

    :param kwargs: the arguments of `NewEnvironmentOperator`, and Airflow's own.
    """

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("copy",),
            about=(self.name,),
            unless={**self.types(), "sourceEnvironmentName": environment},
            submit=lambda center: center.environments.copy(
                environment, self.name, self.environment_type
            ),
            result=self.name,
        )


class BusinessCentralRestoreEnvironmentOperator(NewEnvironmentOperator):
    """Restore `environment` as it was at a point in time, into a new one.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#restore-environment

    :param point_in_time: with a time zone, as a datetime or in ISO 8601 (templated).
    :param skip_extensions: leave out per-tenant extensions.
    :param skip_third_party_apps: leave out apps of third parties.
    :param skip_cleanup: keep job queue entries and the like running.
    :param kwargs: the arguments of `NewEnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*NewEnvironmentOperator.template_fields, "point_in_time")

    def __init__(
        self,
        *,
        point_in_time: datetime | str,
        skip_extensions: bool = False,
        skip_third_party_apps: bool = False,
        skip_cleanup: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.point_in_time = point_in_time
        self.skip_extensions = skip_extensions
        self.skip_third_party_apps = skip_third_party_apps
        self.skip_cleanup = skip_cleanup

    def order(self, environment: str) -> Order:
        """Say what is wanted.

        :raises ConfigurationError: for a point in time that is none.
        """
        moment = moment_of("point_in_time", self.point_in_time)
        return Order(
            kind=("pitrestore",),
            about=(self.name,),
            unless={**self.types(), "restorePointInTime": moment},
            submit=lambda center: center.environments.restore(
                environment,
                self.name,
                moment,
                self.environment_type,
                skip_extensions=self.skip_extensions,
                skip_third_party_apps=self.skip_third_party_apps,
                skip_cleanup=self.skip_cleanup,
            ),
            result=self.name,
        )


class NamedEnvironmentOperator(OrderOperator):
    """Concerns an environment that must be named: never the connection's by chance.

    :param environment: its name; a blank one, or None, is refused (templated).
    :param kwargs: the arguments of `OrderOperator`, and Airflow's own.
    """

    def __init__(self, *, environment: str, **kwargs: Any) -> None:
        super().__init__(environment=environment, **kwargs)

    def execute(self, context: Context) -> Any:
        """Begin the operation of the environment that is named; see `OrderOperator`."""
        with airflow_failures():
            refuse_blank(environment=self.environment)
        return super().execute(context)


class BusinessCentralRenameEnvironmentOperator(NamedEnvironmentOperator):
    """Rename `environment`; it restarts, and connections with the old name find nothing any more.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#rename-environment

    :param new_name: its new name (templated).
    :param kwargs: the arguments of `NamedEnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*NamedEnvironmentOperator.template_fields, "new_name")

    def __init__(self, *, new_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.new_name = new_name

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("environmentrename",),
            about=(self.new_name,),
            unless={"oldEnvironmentName": environment},
            submit=lambda center: center.environments.rename(environment, self.new_name),
            result=self.new_name,
            endangers=environment,
        )


class BusinessCentralDeleteEnvironmentOperator(NamedEnvironmentOperator):
    """Delete an environment, which can be recovered for 14 days.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#delete-environment

    :param missing_ok: whether one that is not there counts as deleted.
    :param kwargs: the arguments of `NamedEnvironmentOperator`, and Airflow's own.
    """

    def __init__(self, *, missing_ok: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.missing_ok = missing_ok

    def unneeded(self, hook: BusinessCentralHook) -> Conversation[bool]:
        """Say whether it is gone already.

        :param hook: of this task.
        """
        if not self.missing_ok:
            return False
        return (yield from is_gone(hook.admin_center, hook.settings.environment))

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("softdelete", "delete"),
            about=(environment,),
            submit=lambda center: center.environments.delete(environment),
            removes=environment,
            endangers=environment,
        )


class BusinessCentralRecoverEnvironmentOperator(NamedEnvironmentOperator):
    """Recover a deleted environment; `environment` is the name that the deletion gave it.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#recover-environment

    :param kwargs: the arguments of `NamedEnvironmentOperator`, and Airflow's own.
    """

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("recover",),
            about=(environment,),
            submit=lambda center: center.environments.recover(environment),
            result=environment,
        )
