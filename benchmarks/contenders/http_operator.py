"""Airflow's HttpOperator with pagination, then Parquet, as its documentation suggests.

The operator gathers every response before `response_filter` sees the first one, and opens a new
connection for every page; so all pages and all rows are in memory at once.
https://airflow.apache.org/docs/apache-airflow-providers-http/stable/operators.html
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.providers.http.operators.http import HttpOperator
from airflow.sdk import Context
from requests import Response

from benchmarks.contenders.columns import columns_of
from benchmarks.service import Service

CONNECTION = "business_central_http"


def copy(service: Service, folder: Path) -> str:
    """Copy the entity set; give the pattern of the files with the rows."""
    os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = service.root
    context = Context()
    token = HttpOperator(
        task_id="token",
        http_conn_id=CONNECTION,
        endpoint=service.token_url.removeprefix(service.root),
        method="POST",
        data=service.grant,
        response_filter=lambda response: response.json()["access_token"],
    ).execute(context)

    def next_page(response: Response) -> dict[str, Any] | None:
        link = response.json().get("@odata.nextLink")
        return {"endpoint": link.removeprefix(service.root)} if link else None

    rows = HttpOperator(
        task_id="rows",
        http_conn_id=CONNECTION,
        endpoint=service.path,
        method="GET",
        headers={"Authorization": f"Bearer {token}", **service.prefer},
        pagination_function=next_page,
        response_filter=_rows,
    ).execute(context)
    target = folder / "rows.parquet"
    table = pa.Table.from_pylist(rows, schema=columns_of(rows[0]))
    pq.write_table(table, target, compression="zstd")
    return str(target)


def _rows(responses: list[Response]) -> list[dict[str, Any]]:
    return [row for response in responses for row in response.json()["value"]]
