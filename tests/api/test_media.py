"""Contents up and down, with the emulator over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.emulator import Server
from airflow_provider_bc.errors import (
    ConfigurationError,
    Conflict,
    NotFound,
    RequestRejected,
    Unavailable,
)
from tests.drivers import DRIVERS, Driver
from tests.test_client import connected

CONTENT = bytes(range(256)) * 1000
ID = "11111111-2222-3333-4444-aaaaaaaaaaaa"


@pytest.fixture(params=DRIVERS, ids=["threads", "loop"])
def driver(request: pytest.FixtureRequest, business_central: Server) -> Iterator[Driver]:
    with request.param(connected(business_central), retries=Retries(attempts=1)) as made:
        yield made


@pytest.fixture
def item(business_central: Server) -> str:
    return str(business_central.emulator.companies[0].rows("items")[0]["id"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "content"


def first(driver: Driver, entity_set: str) -> Any:
    (row,) = driver.call("read", entity_set, top=1)
    return row


def test_a_picture_goes_up_and_down(driver: Driver, item: str, file: Path) -> None:
    file.write_bytes(CONTENT)
    driver.call("upload", "items", item, "picture", lambda: file.open("rb"))
    kind = driver.call("download", "items", item, "picture", lambda: file.open("wb"))

    assert kind == "application/octet-stream"
    assert file.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [3, 5])
def test_a_content_that_changed_while_it_was_read_replaces_nothing(
    driver: Driver, item: str, file: Path, size: int
) -> None:
    driver.call("upload", "items", item, "picture", lambda: BytesIO(CONTENT))
    with pytest.raises(Unavailable, match=f"{size} bytes were to be sent"):
        driver.call("upload", "items", item, "picture", lambda: BytesIO(b"four"), size=size)
    driver.call("download", "items", item, "picture", lambda: file.open("wb"))
    assert file.read_bytes() == CONTENT


def test_an_attachment_goes_up_with_its_size(driver: Driver, file: Path) -> None:
    parent = first(driver, "salesInvoices")
    named = {"fileName": "a.bin", "parentId": parent["id"], "parentType": "Sales Invoice"}
    made = driver.call("create", "attachments", named)
    driver.call(
        "upload",
        "attachments",
        made,
        "attachmentContent",
        lambda: BytesIO(CONTENT),
        size=len(CONTENT),
    )
    driver.call("download", "attachments", made, "attachmentContent", lambda: file.open("wb"))
    assert file.read_bytes() == CONTENT
    assert driver.call("get", "attachments", made["id"])["byteSize"] == len(CONTENT)


@pytest.mark.parametrize("stream", ["pdfDocument", "pdfDocument/pdfDocumentContent"])
def test_an_invoice_as_pdf(driver: Driver, file: Path, stream: str) -> None:
    invoice = first(driver, "salesInvoices")
    driver.call("download", "salesInvoices", invoice, stream, lambda: file.open("wb"))
    assert file.read_bytes().startswith(b"%PDF")


def test_no_content_is_no_file(driver: Driver, item: str, file: Path) -> None:
    with pytest.raises(NotFound, match="picture of the record in items has no content"):
        driver.call("download", "items", item, "picture", lambda: file.open("wb"))
    with pytest.raises(NotFound):
        driver.call("download", "items", ID, "picture", lambda: file.open("wb"))
    assert not file.exists()


@pytest.mark.parametrize(
    ("entity_set", "stream", "message"),
    [
        ("items", "pictur", r"Did you mean picture\?"),
        ("attachments", "content", "There are attachmentContent"),
        ("salesOrders", "salesOrderLines", "no stream 'salesOrderLines'"),
    ],
)
def test_an_unknown_stream_comes_with_those_there_are(
    driver: Driver, entity_set: str, stream: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        driver.call("download", entity_set, ID, stream, BytesIO)


def test_a_download_that_breaks_off_begins_anew(
    driver: Driver, item: str, file: Path, business_central: Server
) -> None:
    driver.call("upload", "items", item, "picture", lambda: BytesIO(CONTENT))
    business_central.emulator.faults.add("dropped_midway", where="pictureContent")
    driver.call("download", "items", item, "picture", lambda: file.open("wb"))
    assert file.read_bytes() == CONTENT
    business_central.emulator.faults.add("dropped_midway", times=2, where="pictureContent")
    with pytest.raises(Unavailable):
        driver.call("download", "items", item, "picture", lambda: file.open("wb"))


def test_an_upload_that_found_no_time_begins_anew(
    driver: Driver, item: str, file: Path, business_central: Server
) -> None:
    business_central.emulator.faults.add("unavailable", where="pictureContent")
    driver.call("upload", "items", item, "picture", lambda: BytesIO(CONTENT))
    driver.call("download", "items", item, "picture", lambda: file.open("wb"))
    assert file.read_bytes() == CONTENT


def test_an_etag_guards_an_upload(driver: Driver, item: str) -> None:
    etag = driver.call("get", f"items({item})/picture", item)["@odata.etag"]
    driver.call("upload", "items", item, "picture", lambda: BytesIO(b"1"), etag=etag)
    with pytest.raises(Conflict):
        driver.call("upload", "items", item, "picture", lambda: BytesIO(b"2"), etag=etag)


def test_what_is_only_read_is_not_uploaded(driver: Driver) -> None:
    invoice = first(driver, "salesInvoices")
    with pytest.raises(RequestRejected):
        driver.call("upload", "salesInvoices", invoice, "pdfDocument", lambda: BytesIO(b"1"))


def test_a_stream_is_no_value(driver: Driver) -> None:
    with pytest.raises(ConfigurationError, match="attachmentContent is a stream"):
        driver.call("create", "attachments", {"attachmentContent": None})


@pytest.mark.parametrize("verb", ["download", "upload"])
def test_an_option_that_does_not_exist_is_refused(driver: Driver, verb: str) -> None:
    with pytest.raises(TypeError, match="did you mean company"):
        driver.call(verb, "items", ID, "picture", BytesIO, compny="x")
