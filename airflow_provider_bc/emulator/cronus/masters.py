"""Master data: whom CRONUS deals with and what it deals in."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.schema.model import EMPTY_GUID

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.cronus.seed import Seed
    from airflow_provider_bc.emulator.schema.model import Value

_CODES: dict[str, tuple[tuple[str, str], ...]] = {
    "itemCategories": (("TABLE", "Table"), ("CHAIR", "Chair"), ("MISC", "Miscellaneous")),
    "paymentMethods": (("CASH", "Cash payment"), ("BANK", "Bank Transfer")),
    "unitsOfMeasure": (("PCS", "Piece"), ("BOX", "Box"), ("M²", "Quadratmeter")),
    "countriesRegions": (("US", "USA"), ("DE", "Deutschland"), ("SE", "Sverige"), ("JP", "日本")),
    "locations": (("EAST", "East Warehouse"), ("WEST", "West Warehouse"), ("ÖST", "Öst Lager")),
    "currencies": (("EUR", "Euro"), ("SEK", "Svensk krona"), ("JPY", "日本円")),
    "paymentTerms": (("10 DAYS", "Net 10 days"), ("1M(8D)", "1 Month/2% 8 days"), ("COD", "")),
    "shipmentMethods": (("CIF", "Cost Insurance and Freight"), ("EXW", "Ex Works")),
    "generalProductPostingGroups": (("RETAIL", "Retail"),),
    "inventoryPostingGroups": (("RESALE", "Resale items"),),
    "taxGroups": (("FURNITURE", "Taxable Olympic items"),),
    "taxAreas": (("ATLANTA, GA", "ATLANTA, GA"),),
}
_PARTNERS = (
    ("10000", "Adatum Corporation", "192 Market Square", "Atlanta", "US"),
    ("20000", "Trey Research", "153 Thomas Drive", "Chicago", "US"),
    ("30000", "School of Fine Art", "10 High Tower Green", "Miami", "US"),
    ("40000", 'Café "Zum Bären" & Söhne <GmbH>', "Königsstraße 7", "München", "DE"),
    ("50000", "Relecloud O'Neil", "Västra Hamngatan 1", "Göteborg", "SE"),
    ("01121212", "株式会社スポーツ", "銀座 4-5-6", "東京", "JP"),
)
_ITEMS = (
    ("1896-S", "ATHENS Desk", "TABLE", "1000.8", "780.7"),
    ("1900-S", "PARIS Guest Chair, black", "CHAIR", "192.8", "150.4"),
    ("1906-S", "ATHENS Mobile Pedestal", "MISC", "0.1", "0.07"),
    ("1920-S", "ANTWERP Conference Table", "TABLE", "12345678901234.56789", "0.00001"),
    ("1925-W", "Möbelset “Ånge” ½", "MISC", "122.5", "95.55555"),
)
_ACCOUNTS = (
    ("10100", "Checking account", "Assets", "Posting"),
    ("10990", "Cash, Total", "Assets", "End_x002D_Total"),
    ("40100", "Income, Product Sales", "Income", "Posting"),
    ("50100", "Cost of Goods Sold", "Cost_x0020_of_x0020_Goods_x0020_Sold", "Posting"),
    ("60000", "Löhne & Gehälter", "Expense", "Posting"),
    ("99999", "Memo", "_x0020_", "Heading"),
)


def add_masters(seed: Seed, repeat: int) -> None:
    """Add the master data of a company.

    :param seed: where the rows go.
    :param repeat: how often the customers, vendors and items are repeated under new numbers.
    """
    for entity_set, codes in _CODES.items():
        for code, name in codes:
            seed.add(entity_set, code, {"code": code, "displayName": name})
    for number, name, category, kind in _ACCOUNTS:
        account: dict[str, Value] = {"number": number, "displayName": name, "category": category}
        seed.add("accounts", number, account | {"accountType": kind, "directPosting": True})
    for turn in range(repeat):
        _add_partners(seed, turn)
        _add_items(seed, turn)
    _add_people_and_dimensions(seed)


def numbered(number: str, turn: int) -> str:
    """Say a repeated row's number.

    :param number: the first one's number.
    :param turn: 0 for the first.
    :returns: for example `10000` and `10000-1`.
    """
    return f"{number}-{turn}" if turn else number


def _add_partners(seed: Seed, turn: int) -> None:
    for place, (plain, name, street, city, country) in enumerate(_PARTNERS):
        number = numbered(plain, turn)
        partner: dict[str, Value] = {"number": number, "displayName": name, "addressLine1": street}
        partner |= {"city": city, "country": country, "email": f"{number}@contoso.com"}
        foreign = country == "SE"
        money: dict[str, Value] = {
            "currencyCode": "SEK" if foreign else "USD",
            "currencyId": seed.id("currencies", "SEK") if foreign else EMPTY_GUID,
            "paymentTermsId": seed.id("paymentTerms", "1M(8D)"),
            "paymentMethodId": seed.id("paymentMethods", "BANK") if place % 2 else EMPTY_GUID,
        }
        blocked = ("_x0020_", "Ship", "Invoice", "All")[place % 4]
        customer: dict[str, Value] = {
            "type": "Company",
            "taxLiable": place % 2 == 0,
            "blocked": blocked,
        }
        customer["creditLimit"] = Decimal("0.1")
        seed.add("customers", number, partner | money | customer)
        vendor: dict[str, Value] = {"balance": Decimal(place * turn) / 4}
        vendor["blocked"] = ("_x0020_", "Payment")[place % 2]
        seed.add("vendors", number, partner | money | vendor)


def _add_items(seed: Seed, turn: int) -> None:
    for plain, name, category, price, cost in _ITEMS:
        number = numbered(plain, turn)
        item: dict[str, Value] = {"number": number, "displayName": name, "type": "Inventory"}
        item |= {
            "itemCategoryCode": category,
            "baseUnitOfMeasureCode": "PCS",
            "itemCategoryId": seed.id("itemCategories", category),
            "baseUnitOfMeasureId": seed.id("unitsOfMeasure", "PCS"),
        }
        item |= {"unitPrice": Decimal(price), "unitCost": Decimal(cost)}
        seed.add("items", number, item | {"inventory": Decimal(turn + 4)})
        stored: dict[str, Value] = {"number": number, "description": name}
        stored["binCode"] = f"W-{turn:02d}"
        status = ("_x0020_", "On_x0020_Hold", "Released")[turn % 3]
        stored |= {"status": status, "quantity": Decimal(turn) / 8}
        seed.add("warehouseItems", number, stored, "contoso/warehouse/v1.0")


def _add_people_and_dimensions(seed: Seed) -> None:
    for number, given, surname, hired in (
        ("AH", "Annette", "Hill", "2001-06-01"),
        ("JO", "Jörg", "Öst", "0001-01-01"),
    ):
        name: dict[str, Value] = {"givenName": given, "surname": surname}
        name["displayName"] = f"{given} {surname}"
        seed.add("employees", number, name | {"number": number, "employmentDate": hired})
    for code, values in (("AREA", ("30", "40")), ("DEPARTMENT", ("ADM", "SALES"))):
        dimension = seed.add("dimensions", code, {"code": code, "displayName": code.capitalize()})
        for value in values:
            words = {"code": value, "displayName": f"{code} {value}", "dimensionId": dimension}
            seed.add("dimensionValues", f"{code}/{value}", words)
    kept: dict[str, Value] = {
        "dimensionCode": "AREA",
        "dimensionValueCode": "30",
        "parentType": "Customer",
    }
    kept |= {
        "parentId": seed.id("customers", "10000"),
        "dimensionId": seed.id("dimensions", "AREA"),
        "dimensionValueId": seed.id("dimensionValues", "AREA/30"),
    }
    seed.add("defaultDimensions", "10000/AREA", kept)
    details: dict[str, Value] = {"displayName": "CRONUS", "currencyCode": "USD", "country": "US"}
    details["currentFiscalYearStartDate"] = "2026-01-01"
    seed.add("companyInformation", "only", details)
