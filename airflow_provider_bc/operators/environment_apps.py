"""Install, update and uninstall the apps of an environment."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from airflow_provider_bc.api.admin_center.center import AdminCenter
from airflow_provider_bc.api.admin_center.operations import Operation
from airflow_provider_bc.api.admin_center.orders import Order
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.environment_operation_watch import EnvironmentOperationWatch
from airflow_provider_bc.operators.order_operator import OrderOperator


class AppOperator(OrderOperator):
    """Changes an app of `environment`.

    With ``in_update_window=True`` that may take days: give ``wait_for="accepted"``, or a `timeout`
    that is long enough.

    :param app_id: the app, a GUID (templated).
    :param in_update_window: wait for the environment's update window.
    :param kwargs: the arguments of `OrderOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*OrderOperator.template_fields, "app_id")

    def __init__(self, *, app_id: str, in_update_window: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app_id = app_id
        self.in_update_window = in_update_window

    @property
    def app(self) -> str:
        """The id of the app.

        :raises ConfigurationError: for one that is none: no app would be found by it.
        """
        try:
            return str(UUID(self.app_id.strip()))
        except (ValueError, AttributeError):
            raise ConfigurationError(
                f"app_id is {self.app_id!r}, which is no GUID.",
                remedy="Take it from the app's page, or from hook.admin_center.apps.installed; if "
                "it is a template, see what it rendered to.",
            ) from None

    @abstractmethod
    def is_as_wanted(self, installed: str | None) -> bool:
        """Say whether the app is as it shall be.

        :param installed: the version that is installed; None where it is not.
        """

    def unneeded(self, hook: BusinessCentralHook) -> Conversation[bool]:
        """Say whether the app is as it shall be already.

        :param hook: of this task.
        """
        return (yield from self.holds(hook.admin_center, hook.settings.environment))

    def holds(self, center: AdminCenter, environment: str) -> Conversation[bool]:
        """Look whether the app is as it shall be.

        :param center: the admin center.
        :param environment: where.
        """
        apps = yield from center.apps.installed(environment)
        installed = (app.version for app in apps if app.id == self.app)
        return self.is_as_wanted(next(installed, None))


class BusinessCentralInstallAppOperator(AppOperator):
    """Install an app of AppSource, unless it is there already.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management#install-an-app

    :param accept_terms: that you accept the publisher's terms; without that it is refused.
    :param version: by default the newest (templated).
    :param with_dependencies: install or update what it needs, too.
    :param allow_preview: take a preview version, too.
    :param kwargs: the arguments of `AppOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*AppOperator.template_fields, "version")

    def __init__(
        self,
        *,
        accept_terms: bool,
        version: str | None = None,
        with_dependencies: bool = False,
        allow_preview: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.accept_terms = accept_terms
        self.version = version
        self.with_dependencies = with_dependencies
        self.allow_preview = allow_preview

    def is_as_wanted(self, installed: str | None) -> bool:
        """Say whether the app is there, in the version that is wanted."""
        return installed is not None and self.version in (None, installed)

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("environmentappinstall",),
            about=(environment, self.app),
            unless={"targetAppVersion": self.version} if self.version else {},
            holds=lambda center: self.holds(center, environment),
            submit=lambda center: center.apps.install(
                environment,
                self.app,
                version=self.version,
                in_update_window=self.in_update_window,
                with_dependencies=self.with_dependencies,
                allow_preview=self.allow_preview,
                accept_terms=self.accept_terms,
            ),
        )


class BusinessCentralUpdateAppOperator(AppOperator):
    """Update an app, unless it has that version already; ending the task cancels the update.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management#update-an-app

    :param version: the version that it shall have (templated).
    :param with_dependencies: install or update what it needs, too.
    :param allow_preview: take a preview version, too.
    :param kwargs: the arguments of `AppOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*AppOperator.template_fields, "version")

    def __init__(
        self,
        *,
        version: str,
        with_dependencies: bool = False,
        allow_preview: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.with_dependencies = with_dependencies
        self.allow_preview = allow_preview

    def is_as_wanted(self, installed: str | None) -> bool:
        """Say whether the app has that version."""
        return installed == self.version

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("environmentappupdate",),
            about=(environment, self.app, self.version),
            holds=lambda center: self.holds(center, environment),
            submit=lambda center: center.apps.update(
                environment,
                self.app,
                self.version,
                in_update_window=self.in_update_window,
                with_dependencies=self.with_dependencies,
                allow_preview=self.allow_preview,
            ),
        )

    def watch_of(self, operation: Operation, order: Order) -> EnvironmentOperationWatch:
        """Say what is awaited: an update can be canceled.

        :param operation: that was begun.
        :param order: that it carries out.
        """
        watch = super().watch_of(operation, order)
        return replace(watch, updates=order.about[0], app_id=self.app)


class BusinessCentralUninstallAppOperator(AppOperator):
    """Uninstall an app, unless it is gone already.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_app_management#uninstall-an-app

    :param with_dependents: uninstall what needs it, too.
    :param delete_data: delete its data, too; refused in a production environment unless
        ``allow_production=True``.
    :param kwargs: the arguments of `AppOperator`, and Airflow's own.
    """

    def __init__(
        self, *, with_dependents: bool = False, delete_data: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.with_dependents = with_dependents
        self.delete_data = delete_data

    def is_as_wanted(self, installed: str | None) -> bool:
        """Say whether the app is gone."""
        return installed is None

    def order(self, environment: str) -> Order:
        """Say what is wanted."""
        return Order(
            kind=("environmentappuninstall",),
            about=(environment, self.app),
            holds=lambda center: self.holds(center, environment),
            submit=lambda center: center.apps.uninstall(
                environment,
                self.app,
                in_update_window=self.in_update_window,
                with_dependents=self.with_dependents,
                delete_data=self.delete_data,
            ),
            endangers=environment if self.delete_data else None,
        )
