"""Reports on the events of a task's assets.

https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/assets.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow.sdk import Asset, AssetAlias, Context

from airflow_provider_bc.assets.business_central import entity_set_asset


def tell_assets(
    outlets: Iterable[Any],
    context: Context,
    environment: str,
    reports: Sequence[Mapping[str, Any]],
) -> None:
    """Put reports on the events of the outlets; an alias stands for what was written.

    :param outlets: of the task.
    :param context: of the task.
    :param environment: where the entity sets are.
    :param reports: each with its ``company`` and ``entity_set``.
    """
    for outlet in outlets:
        if isinstance(outlet, Asset):
            context["outlet_events"][outlet].extra.update(_extra(outlet, reports))
        elif isinstance(outlet, AssetAlias):
            for report in reports:
                asset = entity_set_asset(
                    environment=environment,
                    company=report["company"],
                    entity_set=report["entity_set"],
                )
                context["outlet_events"][outlet].add(asset, extra=dict(report))


def _extra(outlet: Asset, reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Choose what an asset's event says: the report of its entity set, or all of them."""
    for report in reports:
        if outlet.uri.rstrip("/").endswith(f"/{report['entity_set']}"):
            return dict(report)
    return dict(reports[0]) if len(reports) == 1 else {"reports": list(reports)}
