"""Published pages on ODataV4: `Company('CRONUS')/Customer('10000')`.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-web-services
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_bc.emulator.odata.errors import not_found
from airflow_provider_bc.emulator.store.table import StoredTable

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Value
    from airflow_provider_bc.emulator.store.company import Company


class _Page(NamedTuple):
    """Which entity set a published page shows, and its columns by the page's names."""

    source: str
    columns: dict[str, str]
    fixed: dict[str, str]


_PAGES = {
    "Customer": _Page(
        "customers",
        {
            "No": "number",
            "Name": "displayName",
            "Address": "addressLine1",
            "City": "city",
            "Country_Region_Code": "country",
            "Phone_No": "phoneNumber",
            "E_Mail": "email",
            "Balance_Due_LCY": "balanceDue",
            "Last_Modified_Date_Time": "lastModifiedDateTime",
        },
        {},
    ),
    "Item": _Page(
        "items",
        {
            "No": "number",
            "Description": "displayName",
            "Base_Unit_of_Measure": "baseUnitOfMeasureCode",
            "Unit_Price": "unitPrice",
            "Unit_Cost": "unitCost",
            "Inventory": "inventory",
            "Item_Category_Code": "itemCategoryCode",
        },
        {},
    ),
    "Item_Ledger_Entries": _Page(
        "itemLedgerEntries",
        {
            "Entry_No": "entryNumber",
            "Item_No": "itemNumber",
            "Posting_Date": "postingDate",
            "Document_No": "documentNumber",
            "Description": "description",
            "Quantity": "quantity",
        },
        {},
    ),
    "SalesOrder": _Page(
        "salesOrders",
        {
            "No": "number",
            "Sell_to_Customer_No": "customerNumber",
            "Sell_to_Customer_Name": "customerName",
            "Order_Date": "orderDate",
            "External_Document_No": "externalDocumentNumber",
            "Amount_Including_VAT": "totalAmountIncludingTax",
        },
        {"Document_Type": "Order"},
    ),
}


def published(company: Company, schema: EntitySet) -> StoredTable:
    """Show a company's rows through a published page.

    :param company: the company.
    :param schema: the page's entity set.
    :returns: its rows under the page's names.
    :raises ODataError: 404 if the name is not that of a page, as with `Company` in a company.
    """
    page = _PAGES.get(schema.name)
    if page is None:
        raise not_found(schema.name)
    rows = []
    for row in company.table(page.source).scan():
        shown: dict[str, Value] = {name: row[column] for name, column in page.columns.items()}
        rows.append(schema.blank() | page.fixed | shown)
    return StoredTable(rows, schema.key)
