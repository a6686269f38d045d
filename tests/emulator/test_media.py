"""Stream properties up and down (facts: bc-data-api.md section 12)."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest

from tests.automation_files import app_file, package_file

from .conftest import API, Client
from .test_administration import url

DIALOG = (400, "Application_DialogException")
BINARY = {"Content-Type": "application/octet-stream"}
ANY = BINARY | {"If-Match": "*"}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 3, 2) + b"rest"


def first(client: Client, entity_set: str) -> dict[str, Any]:
    return client.values(entity_set, top="1")[0]


def up(client: Client, tail: str, content: bytes, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.http.patch(client.path(tail), content=content, headers=ANY | sent)


@pytest.mark.parametrize(
    "parent", ["customers", "vendors", "items", "employees", "contacts", "itemVariants"]
)
def test_pictures_go_up_and_down(client: Client, parent: str) -> None:
    key = client.company.create(parent, {})["id"]
    tail = f"{parent}({key})/picture"
    empty = client.get(tail).json()
    assert (empty["id"], empty["width"], empty["contentType"]) == (key, 0, "")
    read, edit = (empty[f"pictureContent@odata.media{kind}Link"] for kind in ("Read", "Edit"))
    assert read == edit == f"{client.server.url}{client.path(tail)}/pictureContent"
    nothing = client.http.get(read)
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert up(client, f"{tail}/pictureContent", PNG).status_code == 204
    down = client.http.get(read)
    assert (down.status_code, down.content) == (200, PNG)
    assert down.headers["content-type"] == "application/octet-stream"
    full = client.get(tail).json()
    assert (full["width"], full["height"], full["contentType"]) == (3, 2, "image/png")
    assert full["@odata.etag"] != empty["@odata.etag"]
    shown = client.get(f"{parent}({key})", expand="picture").json()["picture"]
    assert shown["pictureContent@odata.mediaReadLink"] == read
    assert client.http.delete(client.path(tail)).status_code == 204
    assert client.http.get(read).status_code == 204
    assert client.get(tail).json()["width"] == 0


def test_the_rules_of_an_upload(client: Client) -> None:
    tail = f"items({first(client, 'items')['id']})/picture"
    stream = client.path(f"{tail}/pictureContent")
    token = (400, "BadRequest_InvalidToken")
    assert client.error(client.http.patch(stream, content=PNG, headers=BINARY)) == token
    etag = client.get(tail).json()["@odata.etag"]
    assert up(client, f"{tail}/pictureContent", PNG, If_Match=etag).status_code == 204
    stale = up(client, f"{tail}/pictureContent", PNG, If_Match=etag)
    assert client.error(stale) == (409, "Request_EntityChanged")
    for kind in ("application/json", ""):
        assert up(client, f"{tail}/pictureContent", PNG, Content_Type=kind).status_code == 415
    for method in ("PUT", "POST", "DELETE"):
        answer = client.http.request(method, stream, content=PNG, headers=ANY)
        assert client.error(answer) == (405, "BadRequest_MethodNotAllowed")
    assert up(client, f"{tail}/pictureContent", b"").status_code == 204
    assert client.http.get(stream).status_code == 204
    flat = client.get(f"pictures({first(client, 'items')['id']})")
    assert client.error(flat) == DIALOG
    changed = client.http.patch(client.path(tail), json={}, headers={"If-Match": "*"})
    assert changed.status_code == 200
    wrong = client.http.patch(client.path(tail), json={"width": 1}, headers={"If-Match": "*"})
    assert client.error(wrong) == (400, "BadRequest_InvalidOperation")
    nobody = "11111111-2222-3333-4444-555555555555"
    assert client.get(f"items({nobody})/picture").status_code == 404


@pytest.mark.parametrize("kind", ["salesInvoices", "salesOrders", "purchaseInvoices"])
def test_documents_as_pdf(client: Client, kind: str) -> None:
    document = first(client, kind)
    tail = f"{kind}({document['id']})/pdfDocument"
    shown = client.get(tail).json()
    assert (shown["id"], shown["parentId"]) == (document["id"], document["id"])
    assert "pdfDocumentContent@odata.mediaEditLink" not in shown
    link = shown["pdfDocumentContent@odata.mediaReadLink"]
    assert link.endswith(f"{tail}/pdfDocumentContent")
    content = client.http.get(link).content
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    assert document["number"].encode() in content
    start = int(re.findall(rb"startxref\n(\d+)\n", content)[0])
    assert content[start:].startswith(b"xref\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n ", content), 1):
        assert content[int(place) :].startswith(b"%d 0 obj" % number)
    keyed = client.get(f"{tail}({document['id']})/pdfDocumentContent")
    assert keyed.content == content
    refused = up(client, f"{tail}/pdfDocumentContent", b"x")
    assert client.error(refused) == (405, "BadRequest_MethodNotAllowed")
    assert client.http.delete(client.path(tail)).status_code == 405


def test_pdf_documents_without_their_parent(client: Client) -> None:
    key = first(client, "salesInvoices")["id"]
    assert client.error(client.get("pdfDocument")) == DIALOG
    assert client.error(client.get(f"pdfDocument({key})")) == DIALOG
    by_parent = f"parentId eq {key}"
    assert client.error(client.get("pdfDocument", filter=by_parent)) == DIALOG
    whole = f"{by_parent} and parentType eq 'Sales Invoice'"
    assert [one["id"] for one in client.values("pdfDocument", filter=whole)] == [key]
    assert client.values("pdfDocument", filter=f"{by_parent} and parentType eq 'Sales Order'") == []


@pytest.mark.parametrize(
    ("entity_set", "parent", "kind"),
    [
        ("attachments", "salesInvoices", "Sales Invoice"),
        ("documentAttachments", "salesInvoices", "Sales Invoice"),
        ("documentAttachments", "customers", "Customer"),
    ],
)
def test_attachments(client: Client, entity_set: str, parent: str, kind: str) -> None:
    key = first(client, parent)["id"]
    body = {"fileName": "ü.txt", "parentId": key, "parentType": kind}
    made = client.http.post(client.path(entity_set), json=body)
    assert made.status_code == 201, made.text
    row = made.json()
    assert row["byteSize"] == 0
    client.emulator.clock.advance(60)
    stream = f"{entity_set}({row['id']})/attachmentContent"
    assert client.get(stream).status_code == 204
    assert up(client, stream, b"\0\xff").status_code == 204
    assert client.get(stream).content == b"\0\xff"
    after = client.get(f"{entity_set}({row['id']})").json()
    assert after["byteSize"] == 2
    assert after["lastModifiedDateTime"] == row["lastModifiedDateTime"]
    assert after["attachmentContent@odata.mediaEditLink"].endswith(stream)
    nested = client.values(f"{parent}({key})/{entity_set}")
    assert row["id"] in [one["id"] for one in nested]
    path = client.path(f"{entity_set}({row['id']})")
    moved = client.http.patch(path, json={"parentType": "Journal"}, headers={"If-Match": "*"})
    assert client.error(moved) == DIALOG
    renamed = client.http.patch(path, json={"fileName": "b"}, headers={"If-Match": "*"})
    assert renamed.json()["lastModifiedDateTime"] == row["lastModifiedDateTime"]
    assert client.http.delete(path).status_code == 204
    assert client.get(stream).status_code == 404


def test_parents_that_attachments_cannot_have(client: Client) -> None:
    key = first(client, "customers")["id"]
    for kind in ("Customer", "Sales Invoice"):
        body = {"fileName": "a", "parentId": key, "parentType": kind}
        assert client.error(client.http.post(client.path("attachments"), json=body)) == DIALOG
    alone = client.http.post(client.path("attachments"), json={"fileName": "a"})
    assert alone.status_code == 201


def test_a_snapshot_takes_back_contents(client: Client) -> None:
    tail = f"items({first(client, 'items')['id']})/picture/pictureContent"
    place = f"companies({client.company.id})/"
    upload = {"method": "PATCH", "url": place + tail, "headers": ANY, "body": "iVBO"}
    download = {"method": "GET", "url": place + tail}
    bad = {"method": "GET", "url": place + "nope"}
    requests = {"requests": [upload, download, bad]}
    answer = client.http.post(f"{API}/$batch", json=requests, headers={"Isolation": "snapshot"})
    found = answer.json()["responses"]
    assert [one["status"] for one in found] == [204, 200, 404]
    assert found[1]["body"] == "iVBO"
    assert found[1]["headers"] == {"content-type": "application/octet-stream"}
    assert client.get(tail).status_code == 204


def test_configuration_packages(client: Client) -> None:
    packages = url(client, "configurationPackages")
    row = client.http.post(packages, json={"code": "US.STD", "packageName": "P"}).json()
    assert (row["importStatus"], row["applyStatus"]) == ("No", "No")
    path = f"{packages}({row['id']})"
    action = f"{path}/Microsoft.NAV"
    assert client.error(client.http.post(f"{action}.import")) == DIALOG
    assert client.error(client.http.post(f"{action}.apply")) == DIALOG
    content = f"{path}/file('US.STD')/content"
    file = package_file("US.STD")
    assert client.http.patch(content, content=file, headers=ANY).status_code == 204
    assert client.http.get(content).content == file
    assert client.http.get(f"{path}/file").json()["value"][0]["code"] == "US.STD"
    assert client.http.post(f"{action}.import").status_code == 200
    assert client.http.post(f"{action}.apply").status_code == 200
    after = client.http.get(path).json()
    assert (after["importStatus"], after["applyStatus"]) == ("Completed", "Completed")
    busy = {"importStatus": "InProgress"}
    client.company.update("configurationPackages", row["id"], busy, "microsoft/automation/v2.0")
    assert client.error(client.http.post(f"{action}.import")) == DIALOG


def test_extension_uploads(client: Client) -> None:
    uploads = url(client, "extensionUpload")
    row = client.http.post(uploads, json={"schedule": "Current version"}).json()
    path = f"{uploads}({row['systemId']})"
    assert client.error(client.http.post(f"{path}/Microsoft.NAV.upload")) == DIALOG
    edit = row["extensionContent@odata.mediaEditLink"]
    assert client.http.patch(edit, content=b"app", headers=ANY).status_code == 204
    assert client.error(client.http.post(f"{path}/Microsoft.NAV.upload")) == DIALOG
    assert client.http.patch(edit, content=app_file(), headers=ANY).status_code == 204
    assert client.http.post(f"{path}/Microsoft.NAV.upload").status_code == 200
    assert client.http.get(path).status_code == 404
    status = client.http.get(url(client, "extensionDeploymentStatus")).json()["value"]
    assert [one["status"] for one in status] == ["Completed"]
