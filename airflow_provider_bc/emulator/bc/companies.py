"""The companies of the environment as entities, and how a request names one of them.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_company
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import ODataError
from airflow_provider_bc.emulator.schema.catalog import COMPANIES
from airflow_provider_bc.emulator.schema.model import EMPTY_GUID, UNSET_MOMENT
from airflow_provider_bc.emulator.store.row import StoredRow
from airflow_provider_bc.emulator.store.table import StoredTable, Subset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_bc.emulator.schema.model import EntitySet, Value
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.table import Rows


class _CompanyRow(StoredRow):
    """A company has no etag on the wire."""

    def json(self, columns: tuple[str, ...]) -> str:
        return super().json(columns).partition('",')[2]


def company_rows(companies: Sequence[Company]) -> Rows:
    """Write the companies as rows of the entity set `companies`.

    :param companies: the companies.
    :returns: the rows in key order.
    """
    rows = []
    for company in sorted(companies, key=lambda one: one.id):
        values: dict[str, Value] = {
            "id": company.id,
            "systemVersion": "28.0.38571.0",
            "timestamp": 2002,
            "name": company.name,
            "displayName": company.display_name,
            "businessProfileId": "",
            "systemCreatedAt": company.created,
            "systemCreatedBy": EMPTY_GUID,
            "systemModifiedAt": UNSET_MOMENT,
            "systemModifiedBy": EMPTY_GUID,
        }
        rows.append(_CompanyRow(company.id, {name: values[name] for name in COMPANIES.columns}))
    return Subset(rows)


def service_rows(companies: Sequence[Company], schema: EntitySet) -> Rows:
    """Write the companies as rows of the ODataV4 entity set `Company`.

    :param companies: the companies.
    :param schema: that entity set.
    :returns: the rows.
    """
    rows: list[dict[str, Value]] = [
        {
            "Name": company.name,
            "Evaluation_Company": False,
            "Display_Name": company.display_name,
            "Id": company.id,
        }
        for company in companies
    ]
    return StoredTable(rows, schema.key)


def named(companies: Sequence[Company], name: str) -> Company:
    """Find a company by id or name.

    :param companies: the companies.
    :param name: its GUID or name.
    :returns: the company.
    :raises ODataError: 404 `Internal_CompanyNotFound`.
    """
    for company in companies:
        if name.lower() == company.id or name == company.name:
            return company
    text = f"Can't process the request because the company '{name}' can't be found."
    raise ODataError(404, "Internal_CompanyNotFound", text)


def default(companies: Sequence[Company]) -> Company:
    """Find the company of a request that names none.

    :param companies: the companies.
    :returns: the only one.
    :raises ODataError: 404 `Internal_CompanyNotFound` where there are several.
    """
    if len(companies) == 1:
        return companies[0]
    text = (
        "Can't process the request because the default company can't be found. Specify a default "
        "company in the service or in the request."
    )
    raise ODataError(404, "Internal_CompanyNotFound", text)
