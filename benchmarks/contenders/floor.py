"""The floor: the same bytes downloaded, decoded and written, and nothing else.

No retry, no check, no exact decimal, no date: below this only less would be done.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.contenders.columns import columns_of
from benchmarks.service import Service


def copy(service: Service, folder: Path) -> str:
    """Copy the entity set; give the pattern of the files with the rows."""
    target = folder / "rows.parquet"
    writer = None
    with httpx.Client(timeout=60) as client:
        token = client.post(service.token_url, data=service.grant).json()["access_token"]
        client.headers.update({"Authorization": f"Bearer {token}", **service.prefer})
        url: str | None = service.url
        while url:
            page = msgspec.json.decode(client.get(url).raise_for_status().content)
            if writer is None:
                schema = columns_of(page["value"][0])
                writer = pq.ParquetWriter(target, schema, compression="zstd")
            writer.write_table(pa.Table.from_pylist(page["value"], schema=schema))
            url = page.get("@odata.nextLink")
    if writer is not None:
        writer.close()
    return str(target)
