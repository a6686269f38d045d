"""One entity set to be read, as every transfer takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from airflow_provider_bc.api.routes import STANDARD_API, Company
from airflow_provider_bc.client import Client
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType
from airflow_provider_bc.odata.query import LONGEST, Expand, Query
from airflow_provider_bc.sync.commit import STAMPS, Source

PARENTS = {
    "customerPayments": "customerPaymentJournals",
    "journalLines": "journals",
    "purchaseCreditMemoLines": "purchaseCreditMemos",
    "purchaseInvoiceLines": "purchaseInvoices",
    "purchaseOrderLines": "purchaseOrders",
    "purchaseReceiptLines": "purchaseReceipts",
    "salesCreditMemoLines": "salesCreditMemos",
    "salesInvoiceLines": "salesInvoices",
    "salesOrderLines": "salesOrders",
    "salesQuoteLines": "salesQuotes",
    "salesShipmentLines": "salesShipments",
    "timeRegistrationEntries": "employees",
    "vendorPayments": "vendorPaymentJournals",
}
"""The entity sets of API v2.0 whose rows belong to a parent, and cannot be listed without it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_salesinvoiceline
"""

_OF_MANY_PARENTS = {
    "attachments": "salesInvoices",
    "dimensionSetLines": "generalLedgerEntries",
    "pdfDocument": "salesInvoices",
}
"""The entity sets of API v2.0 whose rows belong to parents of several kinds, and one of these."""


@dataclass(frozen=True, slots=True)
class EntitySetRead:
    """Which rows and fields of which entity set, bound to the client that reads them.

    :param client: of the connection.
    :param entity_set: e.g. ``customers``, or ``salesOrders(5d115c9c-…)/salesOrderLines``.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4``.
    :param select: the fields; none for all.
    :param where: a condition, as text.
    :param expand: navigation properties.
    :param schema_version: ``$schemaversion``.
    :param page_size: rows a page; by default the connection's.
    """

    client: Client
    entity_set: str
    api: str = STANDARD_API
    select: Sequence[str] = ()
    where: str | None = None
    expand: Sequence[Expand | str] = ()
    schema_version: str | None = None
    page_size: int | None = None

    def __post_init__(self) -> None:
        parent = _OF_MANY_PARENTS.get(self.entity_set)
        if parent and self.api == STANDARD_API:
            raise ConfigurationError(
                f"Business Central does not list {self.entity_set} without their parent.",
                remedy=f"Read <parent>/{self.entity_set}, e.g. {parent}/{self.entity_set}.",
            )
        self.query()

    @property
    def leaf(self) -> str:
        """The name of the entity set that a path below a parent leads to."""
        return self.entity_set.rpartition("/")[2].partition("(")[0]

    @property
    def through(self) -> tuple[str, str] | None:
        """Parent and navigation property of a path such as ``salesInvoices/salesInvoiceLines``.

        Lines of documents can be read through their documents only, and are so when they are named
        alone.
        """
        if self.entity_set in PARENTS and self.api == STANDARD_API:
            return PARENTS[self.entity_set], self.entity_set
        parent, _, name = self.entity_set.partition("/")
        return (parent, name) if name and "(" not in self.entity_set else None

    def spelled(self, entity_type: EntityType) -> EntitySetRead:
        """Spell the selection as ``$metadata`` does, so that its case makes no other query.

        :param entity_type: of the rows.
        """
        names = {name.lower(): name for name in entity_type.properties}
        return replace(self, select=[names.get(name.lower(), name) for name in self.select])

    def with_identity(self, entity_type: EntityType) -> EntitySetRead:
        """Add key and stamp to a selection: without them rows cannot be told apart.

        :param entity_type: of the rows.
        """
        if not self.select:
            return self
        chosen = {name.lower() for name in self.select}
        needed = [*entity_type.key, *(name for name in STAMPS if name in entity_type.properties)]
        added = [name for name in needed if name.lower() not in chosen]
        return replace(self, select=[*self.select, *added])

    def expanded(self) -> list[Expand]:
        """Give the navigation properties with their options.

        :raises ConfigurationError: for options written as text, which have no columns.
        """
        given = [one if isinstance(one, Expand) else Expand(one) for one in self.expand]
        for one in given:
            if "(" in one.name:
                raise ConfigurationError(
                    f"expand holds the text {one.name!r}.",
                    remedy='Write options as Expand("salesOrderLines", select=[…]).',
                )
        return given

    def query(self) -> str:
        """Write the query string, watermark apart.

        :raises ConfigurationError: for what Business Central answers wrongly.
        """
        return Query(
            select=self.select,
            where=self.where,
            expand=self.expanded(),
            schema_version=self.schema_version,
        ).encoded()

    def room(self, where: str | None) -> int:
        """Say how many characters of a query string are left for one more condition.

        :param where: the condition beside it.
        """
        return LONGEST - len(replace(self, where=where).query()) - len("&%20and%20()")

    def source(self, company: Company) -> Source:
        """Name where the rows come from, as every commit does."""
        settings = self.client.settings
        return Source(
            tenant_id=settings.tenant_id,
            environment=settings.environment,
            company_id=company.id,
            api=self.api,
            entity_set=self.entity_set,
            query=self.query(),
        )
