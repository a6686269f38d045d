"""Where people see what the APIs see: the web client, and the admin center.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-web-client-urls
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/tenant-admin-center
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from airflow_provider_bc.settings import API_URL, Settings

WEB_CLIENT_URL = "https://businesscentral.dynamics.com"

_DRAFTS = frozenset({"Draft", "In Review", "In_x0020_Review"})


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the base application on which one record can be shown.

    :param id: the id of the page.
    :param draft: the id of the page for a document that is not yet posted, where it has another.
    :param property: the property of the API that tells records apart.
    :param field: the field of the table that it stands for.
    """

    id: int
    draft: int | None = None
    property: str = "number"
    field: str = "No."


_PAGES = {
    "accounts": _Page(17),
    "bankAccounts": _Page(370),
    "contacts": _Page(5050),
    "customers": _Page(21),
    "employees": _Page(5200),
    "fixedAssets": _Page(5600),
    "generalLedgerEntries": _Page(20, property="entryNumber", field="Entry No."),
    "items": _Page(30),
    "locations": _Page(5703, property="code", field="Code"),
    "opportunities": _Page(5124),
    "projects": _Page(88),
    "purchaseCreditMemos": _Page(140, draft=52),
    "purchaseInvoices": _Page(138, draft=51),
    "purchaseOrders": _Page(50),
    "purchaseReceipts": _Page(136),
    "salesCreditMemos": _Page(134, draft=44),
    "salesInvoices": _Page(132, draft=43),
    "salesOrders": _Page(42),
    "salesQuotes": _Page(41),
    "salesShipments": _Page(130),
    "vendors": _Page(26),
}
"""The pages on which records of API v2.0 are shown, by entity set.

https://github.com/microsoft/BCApps/tree/main/src/Layers/W1/BaseApp
"""


class WebClient:
    """The addresses of one environment for a browser.

    There are none for an API at another host than Microsoft's, unless the connection says where
    its web client is.

    :param settings: the connection.
    """

    def __init__(self, settings: Settings) -> None:
        own = WEB_CLIENT_URL if settings.api_root == API_URL else None
        root = settings.web_client_url or own
        tenant = quote(settings.tenant_id, safe="")
        self._tenant = None if root is None else f"{root}/{tenant}"
        self._name = quote(settings.environment, safe="")

    def environment(self) -> str | None:
        """Give the environment, in which a person's own company opens."""
        return None if self._tenant is None else f"{self._tenant}/{self._name}"

    def admin_center(self) -> str | None:
        """Give the tenant's admin center; its pages have no documented addresses of their own."""
        return None if self._tenant is None else f"{self._tenant}/admin"

    def company(self, company: str) -> str | None:
        """Give a company.

        :param company: its name.
        """
        return self._opened({"company": company})

    def record(self, company: str, entity_set: str, row: Mapping[str, Any]) -> str | None:
        """Give a record, or its company where no page is known to show it.

        :param company: the name of its company.
        :param entity_set: of API v2.0, e.g. ``customers``.
        :param row: the record, or what is known of it.
        """
        page = _PAGES.get(entity_set)
        value = page and row.get(page.property)
        if page is None or value in (None, ""):
            return self.company(company)
        shown = page.draft if page.draft and row.get("status") in _DRAFTS else page.id
        quoted = str(value).replace("'", "''")
        condition = f"'{page.field}' IS '{quoted}'"
        return self._opened({"company": company, "page": str(shown), "filter": condition})

    def _opened(self, parameters: Mapping[str, str]) -> str | None:
        environment = self.environment()
        return environment and f"{environment}/?{urlencode(parameters, quote_via=quote)}"
