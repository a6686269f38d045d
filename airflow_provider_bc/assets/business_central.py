"""The asset of an entity set, under one canonical URI: ``bc://production/CRONUS/customers``.

https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/assets.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from airflow.sdk import Asset

from airflow_provider_bc.assets.uri import SCHEME, entity_set_uri

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
    uri = entity_set_uri(environment, company, entity_set)
    return Asset(name=uri, uri=uri, extra=extra or {})


def to_openlineage(asset: Asset, lineage_context: Any) -> Any:
    """Name the dataset of an asset for OpenLineage, as the transfers name it.

    :param asset: whose URI is canonical.
    :param lineage_context: the operator that has the asset.
    :return: a `Dataset` of the OpenLineage client.
    """
    from openlineage.client.event_v2 import Dataset  # noqa: PLC0415 - OpenLineage is an extra

    del lineage_context
    uri = urlsplit(asset.uri)
    return Dataset(namespace=f"{uri.scheme}://{uri.netloc}", name=uri.path.lstrip("/"))


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
