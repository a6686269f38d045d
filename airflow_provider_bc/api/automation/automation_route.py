"""The route of the Automation API, and the company through which it is reached.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_bc.api.actions import Actions
from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.media import Media
from airflow_provider_bc.api.options import Place
from airflow_provider_bc.api.records import Records
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.literals import Key
from airflow_provider_bc.odata.page import Row

AUTOMATION_API = "microsoft/automation/v2.0"


class AutomationRoute:
    """What the conversations of the Automation API are built of.

    :param entities: finds and addresses what is written.
    """

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.operations = entities.operations
        self.records = Records(entities)
        self.actions = Actions(entities)
        self.media = Media(entities)
        self._anywhere: Place | None = None

    def company(self, wanted: str | None = None) -> Conversation[Place]:
        """Say where things are that belong to a company.

        :param wanted: id, name or display name; by default the connection's.
        """
        company = yield from self.operations.company(wanted)
        return {"company": company.id, "api": AUTOMATION_API}

    def environment(self) -> Conversation[Place]:
        """Say where things are that belong to the environment: any company leads there."""
        if self._anywhere is None:
            self._anywhere = yield from self.beside(None)
        return self._anywhere

    def beside(self, company_id: str | None) -> Conversation[Place]:
        """Say where things are that belong to the environment, as they are now.

        :param company_id: of a company that shall not lead there.
        :raises ConfigurationError: when there is no other.
        """
        companies = yield from self.operations.companies()
        others = [one for one in companies if one.id != company_id]
        if not others:
            raise ConfigurationError(
                f"{companies[0].name} is the only company."
                if companies
                else "The app sees no company in this environment.",
                remedy="Create another one, or let the app see one, in Business Central first.",
            )
        own = self.entities.exchange.settings.company or ""
        first = next((one for one in others if own in (one.id, one.name)), others[0])
        return {"company": first.id, "api": AUTOMATION_API}

    def forget_companies(self) -> None:
        """Ask anew which companies there are, when that is needed next: one came or went."""
        self._anywhere = None
        self.operations.forget_companies()

    def rows(
        self, entity_set: str, place: Place, values: Mapping[str, Any] | None = None
    ) -> Conversation[list[Row]]:
        """List the entities of a set, or those that have some values.

        :param entity_set: e.g. ``extensions``.
        :param place: which company.
        :param values: by property.
        """
        target = yield from self.entities.target(entity_set, place)
        return (yield from self.entities.all_with(target, values or {}))

    def read(self, entity_set: str, key: Key, place: Place) -> Conversation[Row]:
        """Read one entity as it is now, never from a replica.

        :param entity_set: e.g. ``configurationPackages``.
        :param key: its key.
        :param place: which company.
        :raises NotFound: when there is none.
        """
        target = yield from self.entities.target(entity_set, place)
        return (yield from self.entities.read(target, key))
