"""Creating, renaming and deleting companies.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_automationcompany
"""

from __future__ import annotations

from airflow_provider_bc.api.automation.automation_route import AUTOMATION_API, AutomationRoute
from airflow_provider_bc.api.blank import refuse_blank
from airflow_provider_bc.api.walk import Walk
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.odata.page import Row, read_page

COMPANIES = "automationCompanies"
_LONGEST, _MOST = 30, 300


class Companies:
    """The companies of an environment.

    :param route: the Automation API.
    """

    def __init__(self, route: AutomationRoute) -> None:
        self._route = route

    def all(self) -> Conversation[list[Row]]:
        """List the companies, with the moments of their creation."""
        exchange = self._route.entities.exchange
        walk = Walk(exchange, f"{exchange.routes.api(AUTOMATION_API)}/companies", _MOST, read_page)
        found: list[Row] = []
        while not walk.done:
            page = yield from walk.next_page()
            found += page.rows
        return found

    def find(self, name: str) -> Conversation[Row | None]:
        """Find the company that a new one of some name would clash with.

        It may be another one that begins alike; see `is_called`.

        :param name: the display name; a company's own name is its first 30 characters.
        :return: None when there is none.
        :raises ConfigurationError: for a blank name.
        """
        refuse_blank(name=name)
        rows = yield from self.all()
        cut = _folded(name.strip()[:_LONGEST])
        shown = (row for row in rows if _folded(row.get("displayName")) == _folded(name))
        called = (row for row in rows if _folded(row["name"]) == cut)
        return next(shown, next(called, None))

    def create(self, display_name: str, *, business_profile_id: str = "") -> Conversation[Row]:
        """Create a company, empty: nobody has set it up yet.

        It may take minutes. After a lost answer, or one that says it took too long, the company is
        looked for; one that already has the display name is returned.

        :param display_name: at most 250 characters; the first 30 become its name.
        :param business_profile_id: an id that means something elsewhere.
        :return: the company.
        :raises ConfigurationError: for a blank name.
        :raises RequestRejected: when another company has the name already.
        """
        refuse_blank(display_name=display_name)
        values = {"displayName": display_name.strip()}
        if business_profile_id:
            values["businessProfileId"] = business_profile_id
        place = yield from self._route.environment()
        row = yield from self._route.records.create(COMPANIES, values, by=["displayName"], **place)
        self._route.forget_companies()
        return row

    def rename(self, company: str, display_name: str) -> Conversation[Row]:
        """Change the display name of a company; its name stays.

        :param company: id, name or display name.
        :param display_name: the new one.
        :return: the company.
        :raises ConfigurationError: when there is none, or a name is blank.
        """
        refuse_blank(company=company, display_name=display_name)
        place = yield from self._route.environment()
        found = yield from self._route.operations.company(company)
        values = {"displayName": display_name}
        row = yield from self._route.records.update(COMPANIES, found.id, values, **place)
        self._route.forget_companies()
        return row

    def delete(self, company: str) -> Conversation[None]:
        """Delete a company with all its data, for ever.

        :param company: id, name or display name.
        :raises ConfigurationError: when there is none, its name is blank, or it is the only one.
        """
        refuse_blank(company=company)
        yield from self._route.operations.companies()
        found = yield from self._route.operations.company(company)
        place = yield from self._route.beside(found.id)
        yield from self._route.records.delete(COMPANIES, found.id, missing_ok=True, **place)
        self._route.forget_companies()


def is_called(company: Row, name: str) -> bool:
    """Say whether a company is the one of some name, not another one that begins alike.

    :param company: as it was read.
    :param name: the display name, or the company's own name; letters' case does not matter.
    """
    shown = _folded(company.get("displayName"))
    return not shown or _folded(name) in (shown, _folded(company["name"]))


def _folded(name: str | None) -> str:
    return (name or "").strip().casefold()
