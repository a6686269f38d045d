"""Configuration packages (RapidStart): created, uploaded, imported, applied.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_configurationpackage
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, Literal

from airflow_provider_bc.api.automation.automation_route import AutomationRoute
from airflow_provider_bc.api.exchange import looked_up
from airflow_provider_bc.api.routes import segment
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import UNCERTAIN, ApplicationRejected
from airflow_provider_bc.odata.literals import key_predicate
from airflow_provider_bc.odata.page import Row

PACKAGES = "configurationPackages"
BUSY = frozenset({"Scheduled", "InProgress"})

Step = Literal["import", "apply"]


class Packages:
    """The configuration packages of a company.

    :param route: the Automation API.
    """

    def __init__(self, route: AutomationRoute) -> None:
        self._route = route

    def all(self, *, company: str | None = None) -> Conversation[list[Row]]:
        """List the packages.

        :param company: id, name or display name; by default the connection's.
        """
        place = yield from self._route.company(company)
        return (yield from self._route.rows(PACKAGES, place))

    def find(self, code: str, *, company: str | None = None) -> Conversation[Row | None]:
        """Find a package.

        :param code: its code, in letters of any case.
        :param company: see `all`.
        :return: None when there is none.
        """
        place = yield from self._route.company(company)
        found = yield from self._route.rows(PACKAGES, place, {"code": code_of(code)})
        return found[0] if found else None

    def get(self, package_id: str, *, company: str | None = None) -> Conversation[Row]:
        """Read a package as it is now.

        :param package_id: its id.
        :param company: see `all`.
        :raises NotFound: when there is none.
        """
        place = yield from self._route.company(company)
        return (yield from self._route.read(PACKAGES, package_id, place))

    def create(
        self,
        code: str,
        package_name: str,
        *,
        package_id: str | None = None,
        company: str | None = None,
        **values: Any,
    ) -> Conversation[Row]:
        """Create a package without content.

        The import gives it the name that stands in the file, and refuses a file of another code.

        :param code: at most 20 characters.
        :param package_name: at most 50 characters.
        :param package_id: the id that it shall have, by which it is known again; a random one by
            default.
        :param company: see `all`.
        :param values: further properties, e.g. ``processingOrder``.
        :raises RequestRejected: when another package has the code.
        """
        place = yield from self._route.company(company)
        every = {"code": code_of(code), "packageName": package_name, **values}
        if package_id is None:
            return (yield from self._route.records.create(PACKAGES, every, **place))
        creating = self._route.records.create(PACKAGES, every, record_id=package_id, **place)
        return (yield from creating)

    def delete(self, package_id: str, *, company: str | None = None) -> Conversation[bool]:
        """Delete a package; the data that it brought stays.

        :param package_id: its id.
        :param company: see `all`.
        :return: False when it was not there.
        """
        place = yield from self._route.company(company)
        return (
            yield from self._route.records.delete(PACKAGES, package_id, missing_ok=True, **place)
        )

    def upload(
        self,
        package: Row,
        source: Callable[[], BinaryIO],
        size: int | None = None,
        *,
        company: str | None = None,
    ) -> Conversation[None]:
        """Upload the ``.rapidstart`` file of a package.

        :param package: as it was read.
        :param source: opens the file.
        :param size: its bytes, where that is known.
        :param company: see `all`.
        """
        place = yield from self._route.company(company)
        content = f"file{segment(key_predicate(str(package['code'])))}/content"
        yield from self._route.media.upload(
            PACKAGES, str(package["id"]), content, source, size=size, **place
        )

    def begin(
        self, step: Step, package_id: str, *, company: str | None = None
    ) -> Conversation[Row]:
        """Begin to import a package, or to apply it; one that has begun is not begun again.

        :param step: ``import`` or ``apply``.
        :param package_id: its id.
        :param company: see `all`.
        :return: the package as it is then.
        :raises ApplicationRejected: when there is no file, or it was not imported.
        """
        place = yield from self._route.company(company)
        status = f"{step}Status"
        before = yield from self._route.read(PACKAGES, package_id, place)
        if before[status] in BUSY:
            return before
        try:
            acted = yield from self._route.actions.act(PACKAGES, package_id, step, **place)
        except (*UNCERTAIN, ApplicationRejected) as error:
            now = yield from looked_up(self.get(package_id, company=company), error)
            if now[status] in BUSY or (now[status] != "No" and now[status] != before[status]):
                return now
            raise
        return acted.row or (yield from self._route.read(PACKAGES, package_id, place))


def code_of(text: str) -> str:
    """Write a code as Business Central keeps it: in capital letters.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/code/code-data-type

    :param text: as a person writes it.
    """
    return text.strip().upper()
