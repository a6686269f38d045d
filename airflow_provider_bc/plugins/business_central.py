"""The plugin: the page Business Central under Admin, where a person checks and connects.

Every Airflow process loads plugins. Only the API server asks for the page itself, and so only the
API server imports FastAPI for it.
https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import conf
from airflow.sdk.plugins_manager import AirflowPlugin

from airflow_provider_bc.plugins import PREFIX, SECTION


def connect_page_is_on() -> bool:
    """Read ``[business_central] connect_page``."""
    return bool(conf.getboolean(SECTION, "connect_page", fallback=True))


class _FastApiApps:
    """The app, made when the API server reads it."""

    def __get__(self, _: object, __: type) -> list[dict[str, Any]]:
        if not connect_page_is_on():
            return []
        from airflow_provider_bc.plugins.connect.app import app  # noqa: PLC0415 - see above

        return [{"app": app, "url_prefix": PREFIX, "name": "Business Central"}]


class _ExternalViews:
    """The entry under Admin.

    Without ``url_route`` it opens in a tab of its own: in Airflow's sandboxed frame nobody can sign
    in, since Microsoft's page refuses to be framed and the frame may not leave.
    """

    def __get__(self, _: object, __: type) -> list[dict[str, str]]:
        if not connect_page_is_on():
            return []
        path = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
        return [
            {
                "name": "Business Central",
                "href": f"{path}{PREFIX}/",
                "destination": "nav",
                "category": "admin",
            }
        ]


class BusinessCentralPlugin(AirflowPlugin):
    """The page Business Central; ``[business_central] connect_page = False`` removes it."""

    name = "business_central"
    fastapi_apps: Any = _FastApiApps()
    external_views: Any = _ExternalViews()
