"""Files in an object store that speaks S3: moto's, over a socket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

import pytest
import s3fs
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from upath import UPath
from upath.implementations.cloud import S3Path
from werkzeug.serving import make_server

from airflow_provider_bc.sync.files.path import create, listed, move, read, remove, replace
from tests.sync.files.folders import Folder
from tests.sync.files.test_conformance import FilesConformance

SMALL = 100_000


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Serve an S3 of one's own, and give its URL."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto, turn = DomainDispatcherApplication(create_backend_app), Lock()

    def one_at_a_time(environ: Any, start_response: Any) -> Any:
        """Serve one request: moto looks for an object and then puts it, which S3 does in one."""
        with turn:
            return moto(environ, start_response)

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bucket(s3: str) -> UPath:
    """Make a bucket of one's own."""
    options: dict[str, Any] = {"key": "x", "secret": "x", "client_kwargs": {"endpoint_url": s3}}
    name = f"b{uuid4().hex}"
    s3fs.S3FileSystem(**options).mkdir(name)
    return S3Path(f"s3://{name}", **options)


class TestS3(FilesConformance):
    @pytest.fixture
    def store(self, bucket: UPath) -> Folder:
        return Folder(bucket / "bc", "parquet", part_bytes=SMALL)


def test_of_many_that_create_one_object_a_single_one_succeeds(bucket: UPath) -> None:
    path = bucket / "table" / "00000001.json"

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda number: create(path, str(number).encode()), range(8)))

    assert created.count(True) == 1
    assert read(path) == str(created.index(True)).encode()


def test_small_objects_are_replaced_moved_and_removed(bucket: UPath) -> None:
    folder = bucket / "table"
    for content in (b"old", b"new"):
        replace(folder / "a", content)
    assert read(folder / "a") == b"new"
    assert [path.name for path in listed(folder)] == ["a"]

    move(folder / "a", folder / "b")
    assert [path.name for path in listed(folder)] == ["b"]

    for _ in range(2):
        remove(folder / "b")
    assert listed(folder) == []
    with pytest.raises(FileNotFoundError):
        read(folder / "b")
