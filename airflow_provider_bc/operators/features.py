"""Switch optional features on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.operators.environment_operator import EnvironmentOperator


class BusinessCentralSetFeatureOperator(EnvironmentOperator):
    """Enable a feature for all users, or disable it; some can only be enabled.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_feature_activate

    :param feature: its id, e.g. ``SalesPrices`` (templated).
    :param enabled: what it shall be.
    :param in_background: whether data is updated by a background task.
    :param kwargs: the arguments of `EnvironmentOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (*EnvironmentOperator.template_fields, "feature")

    def __init__(
        self, *, feature: str, enabled: bool = True, in_background: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.feature = feature
        self.enabled = enabled
        self.in_background = in_background

    def execute(self, context: Context) -> bool:
        """Switch it.

        :return: False when it was so already.
        """
        del context
        with airflow_failures(), self.hook() as hook:
            features = hook.automation.features
            if not self.enabled:
                return hook.perform(features.deactivate(self.feature))
            return hook.perform(features.activate(self.feature, in_background=self.in_background))
