"""The Airflow connection that leads to an emulator.

https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.emulator import Emulator

VARIABLE = "AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"


def connection_of(emulator: Emulator, url: str) -> dict[str, Any]:
    """Describe the connection.

    :param emulator: the emulator.
    :param url: where it listens, such as `http://127.0.0.1:8765`.
    :returns: the connection as Airflow reads it from JSON, with `extra` as a dict.
    """
    parts = urlsplit(url)
    return {
        "conn_type": "business_central",
        "login": emulator.client_id,
        "password": emulator.client_secret,
        "host": f"{parts.scheme}://{parts.hostname}",
        "port": parts.port,
        "extra": {
            "tenant_id": emulator.tenant_id,
            "environment": emulator.environment,
            "company": emulator.companies[0].name,
            "authority_host": url,
        },
    }
