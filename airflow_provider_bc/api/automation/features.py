"""Features, switched on and off (page Feature Management).

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_feature
"""

from __future__ import annotations

from airflow_provider_bc.api.automation.automation_route import AutomationRoute
from airflow_provider_bc.api.exchange import looked_after
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.page import Row

_FEATURES = "features"
_ON = "All Users"


class Features:
    """The optional features of an environment.

    :param route: the Automation API.
    """

    def __init__(self, route: AutomationRoute) -> None:
        self._route = route

    def all(self) -> Conversation[list[Row]]:
        """List the features."""
        place = yield from self._route.environment()
        return (yield from self._route.rows(_FEATURES, place))

    def get(self, feature: str) -> Conversation[Row]:
        """Read a feature.

        :param feature: its id, e.g. ``SalesPrices``.
        :raises NotFound: when there is none.
        """
        place = yield from self._route.environment()
        return (yield from self._route.read(_FEATURES, feature, place))

    def activate(self, feature: str, *, in_background: bool = False) -> Conversation[bool]:
        """Enable a feature for all users; some cannot be disabled again.

        :param feature: its id.
        :param in_background: whether data is updated by a background task.
        :return: False when it is enabled already.
        """
        return (yield from self._switch(feature, on=True, in_background=in_background))

    def deactivate(self, feature: str) -> Conversation[bool]:
        """Disable a feature.

        :param feature: its id.
        :return: False when it is disabled already.
        :raises ApplicationRejected: when it can only be enabled.
        """
        return (yield from self._switch(feature, on=False, in_background=False))

    def _switch(self, feature: str, *, on: bool, in_background: bool) -> Conversation[bool]:
        if is_enabled((yield from self.get(feature))) is on:
            return False
        place = yield from self._route.environment()
        action = "activate" if on else "deactivate"
        arguments = {"updateInBackground": in_background} if on else None

        def is_done() -> Conversation[bool]:
            return is_enabled((yield from self.get(feature))) is on

        switching = self._route.actions.act(
            _FEATURES, feature, action, arguments=arguments, **place
        )
        yield from looked_after(switching, is_done)
        return True


def is_enabled(row: Row) -> bool:
    """Say whether a feature is enabled.

    :param row: as it was read.
    """
    return decode_name(str(row["enabled"])).replace("\u00a0", " ") == _ON
