"""The canonical URI of an entity set: ``bc://production/CRONUS/customers``."""

from __future__ import annotations

from urllib.parse import quote

SCHEME = "bc"


def entity_set_uri(environment: str, company: str, entity_set: str) -> str:
    """Name an entity set of one company.

    :param environment: e.g. ``Production``; its case does not matter.
    :param company: its name.
    :param entity_set: e.g. ``customers`` or ``salesInvoices/salesInvoiceLines``.
    :raises ValueError: for a blank part, or a template, which an asset cannot have.
    """
    parts = (environment, company, *entity_set.split("/"))
    for part in parts:
        if not part.strip() or "{{" in part or part in (".", ".."):
            raise ValueError(
                f"{part!r} is no part of a Business Central asset: name environment, company and "
                "entity set, without templates."
            )
    path = "/".join(quote(part, safe="") for part in parts[1:])
    return f"{SCHEME}://{environment.lower()}/{path}"
