"""dlt's rest_api source to Parquet in a folder, with its defaults: one process, no tuned buffers.

https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api/basic
"""

from __future__ import annotations

import os
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

from benchmarks.service import Service


def copy(service: Service, folder: Path) -> str:
    """Copy the entity set; give the pattern of the files with the rows."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    source = rest_api_source(
        {
            "client": {
                "base_url": service.root,
                "headers": service.prefer,
                "auth": {
                    "type": "oauth2_client_credentials",
                    "access_token_url": service.token_url,
                    "client_id": service.client_id,
                    "client_secret": service.client_secret,
                    "access_token_request_data": {"scope": service.scope},
                },
                "paginator": {"type": "json_link", "next_url_path": "'@odata.nextLink'"},
            },
            "resources": [
                {
                    "name": "rows",
                    "endpoint": {"path": service.path, "data_selector": "value"},
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        pipelines_dir=str(folder / "working"),
        destination=dlt.destinations.filesystem(bucket_url=folder.as_uri()),
        dataset_name="copied",
    )
    pipeline.run(source, loader_file_format="parquet", write_disposition="replace")
    return str(folder / "copied" / "rows" / "*.parquet")
