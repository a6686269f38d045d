"""The asset of an entity set, under one canonical URI: ``bc://production/CRONUS/customers``.

https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/assets.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, quote, unquote

from airflow.sdk import Asset

SCHEME = "bc"
_PARTS = (2, 3)


def entity_set_asset(
    *, environment: str, company: str, entity_set: str, extra: dict[str, Any] | None = None
) -> Asset:
    """Name an entity set of one company; every DAG that does so names the same asset.

    :param environment: e.g. ``Production``; its case does not matter.
    :param company: its name.
    :param entity_set: e.g. ``customers`` or ``salesInvoices/salesInvoiceLines``.
    :param extra: what else the asset shall carry.
    :return: the asset; its name is its URI.
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
    uri = f"{SCHEME}://{environment.lower()}/{path}"
    return Asset(name=uri, uri=uri, extra=extra or {})


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Bring a URI into its canonical form; Airflow calls this for every ``bc://`` asset.

    :param uri: as a DAG wrote it.
    :return: with the environment in lower case, and the rest percent-encoded one way.
    :raises ValueError: for anything but an environment, a company and an entity set.
    """
    parts = [unquote(part) for part in uri.path.strip("/").split("/")]
    if not uri.netloc or len(parts) not in _PARTS or not all(part.strip() for part in parts):
        raise ValueError(
            f"{uri.geturl()} is no Business Central "
            "asset: write bc://<environment>/<company>/<entity set>."
        )
    path = "/".join(quote(part, safe="") for part in parts)
    return uri._replace(scheme=SCHEME, netloc=uri.netloc.lower(), path=f"/{path}")
