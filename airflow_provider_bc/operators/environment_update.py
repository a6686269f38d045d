"""Update an environment to a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow.sdk import Context

from airflow_provider_bc.api.admin_center.calls import Json, text_of
from airflow_provider_bc.api.admin_center.operations import moment_in, same_moment
from airflow_provider_bc.api.moment import moment_of
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.environment_watch import EnvironmentWatch
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.earlier_try import is_retry
from airflow_provider_bc.operators.order_operator import WaitFor, check_wait_for
from airflow_provider_bc.operators.waiting_operator import WaitingOperator
from airflow_provider_bc.triggers.environment import BusinessCentralEnvironmentTrigger


class BusinessCentralUpdateEnvironmentOperator(WaitingOperator):
    """Choose the version that `environment` is updated to, and when.

    The update begins within the environment's update window, takes hours, and nobody can work
    meanwhile; where the window ends too early, Business Central tries again a week later. A retry
    does not choose again what is chosen, or running, already. Nothing is canceled when the task is
    ended: choose another date, or cancel it in the admin center.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_environments#get-flexible-updates

    :param version: one of the versions that the admin center offers, e.g. ``27.1`` (templated).
    :param at: when, as a datetime with a time zone or in ISO 8601; by default as soon as possible
        (templated).
    :param ignore_update_window: whether it may begin outside the update window.
    :param wait_for: ``accepted``, or ``completed`` to wait until the environment has the version
        and is active; give a `timeout` that is long enough.
    :param kwargs: the arguments of `WaitingOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*WaitingOperator.template_fields, "version", "at")

    def __init__(
        self,
        *,
        version: str,
        at: datetime | str | None = None,
        ignore_update_window: bool = False,
        wait_for: WaitFor = "accepted",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.at = at
        self.ignore_update_window = ignore_update_window
        self.wait_for = wait_for

    def execute(self, context: Context) -> Any:
        """Choose the version, unless the environment has it, and wait for it.

        :return: ``environment`` and ``version``.
        """
        with airflow_failures(), self.hook() as hook:
            check_wait_for(self.wait_for)
            environment = hook.settings.environment
            hook.perform(self._choose(hook, environment, again=is_retry(context)))
        if self.wait_for == "accepted":
            return {"environment": environment, "version": self.version}
        watch = EnvironmentWatch(environment, version=self.version)
        return self.wait(context, BusinessCentralEnvironmentTrigger, watch, self.updated)

    def updated(self, context: Context, event: Mapping[str, Any] | None) -> Any:
        """Go on when the environment has the version.

        :param event: of the waiting that has ended.
        :return: ``environment`` and ``version``.
        """
        found = self.found(event)
        del context
        return {"environment": found["environment"], "version": found["version"]}

    def _choose(
        self, hook: BusinessCentralHook, environment: str, *, again: bool
    ) -> Conversation[None]:
        center = hook.admin_center
        there = yield from center.environments.get(environment)
        if f"{there.version}.".startswith(f"{self.version}."):
            self.log.info("%s has version %s already", environment, there.version)
            return
        offered = yield from center.settings.updates(environment)
        versions = [str(one.get("targetVersion")) for one in offered]
        if self.version not in versions:
            raise ConfigurationError(
                f"{environment} has version {there.version} and cannot be updated to "
                f"{self.version!r}; it is offered {', '.join(versions) or 'nothing'}.",
                remedy="Choose one of these versions.",
            )
        at = None if self.at is None else moment_of("at", self.at)
        chosen = offered[versions.index(self.version)]
        if _runs(chosen) or (again and self._is_planned(chosen, at)):
            self.log.info("The update to %s is %s.", self.version, chosen.get("updateStatus"))
            return
        yield from center.settings.select_update(
            environment, self.version, at=at, ignore_update_window=self.ignore_update_window
        )

    def _is_planned(self, update: Json, at: datetime | None) -> bool:
        """Say whether the update is planned as this task wants it, as an earlier try may have."""
        details = update.get("scheduleDetails")
        if at is None or _status(update) != "scheduled" or not isinstance(details, dict):
            return False
        planned = moment_in(text_of(details, "selectedDateTime"))
        alike = bool(details.get("ignoreUpdateWindow")) is self.ignore_update_window
        soon = planned is not None and same_moment(planned, at)
        return bool(update.get("selected")) and alike and soon


def _status(update: Json) -> str:
    return str(update.get("updateStatus") or "").lower()


def _runs(update: Json) -> bool:
    return bool(update.get("selected")) and _status(update) == "running"
