"""What a data engineer writes by hand: a session, a loop along the next links, a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import requests

from benchmarks.contenders.columns import columns_of
from benchmarks.service import Service


def copy(service: Service, folder: Path) -> str:
    """Copy the entity set; give the pattern of the files with the rows."""
    target = folder / "rows.parquet"
    writer = None
    with requests.Session() as session:
        answer = session.post(service.token_url, data=service.grant, timeout=60)
        answer.raise_for_status()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        session.headers.update(service.prefer)
        url: str | None = service.url
        while url:
            response = session.get(url, timeout=60)
            response.raise_for_status()
            page = response.json()
            if writer is None:
                schema = columns_of(page["value"][0])
                writer = pq.ParquetWriter(target, schema, compression="zstd")
            writer.write_table(pa.Table.from_pylist(page["value"], schema=schema))
            url = page.get("@odata.nextLink")
    if writer is not None:
        writer.close()
    return str(target)
