"""Exports of a database (facts: bc-admin-automation.md 3.3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from .conftest import Administrator, Told

PATH = "/exports/applications/BusinessCentral/environments/Production"
SAS = {"ss": "b", "srt": "co", "sp": "rwdc", "se": "2026-03-05T08:00:00Z", "sig": "secret"}


def export(admin: Administrator, path: str = PATH, **changes: Any) -> Told:
    signed = urlencode(SAS | changes)
    body = {
        "storageAccountSasUri": f"https://account.blob.core.windows.net/?{signed}",
        "container": "backups",
        "blob": "cronus.bacpac",
    }
    return admin.ask("POST", path, body)


def test_export(admin: Administrator) -> None:
    assert export(admin).status == 202
    assert admin.ask("GET", f"{PATH}/metrics").json == {
        "exportsPerMonth": 10,
        "exportsRemainingThisMonth": 9,
    }
    (one,) = admin.at("GET", "Production/operations").json["value"]
    assert one["parameters"] == {"container": "backups", "blob": "cronus.bacpac"}
    assert admin.emulator.tenant.blobs == []
    admin.wait(2)
    assert admin.emulator.tenant.blobs == [("backups", "cronus.bacpac")]
    path = "/exports/history?start=2026-03-01T00:00:00Z&end=2026-04-01T00:00:00Z"
    (told,) = admin.ask("POST", path).json["value"]
    assert (told["blob"], told["user"]) == ("cronus.bacpac", admin.emulator.client_id)


@pytest.mark.parametrize(
    "change",
    [
        {"ss": "f"},
        {"srt": "c"},
        {"sp": "r"},
        {"se": "2026-03-05T07:59:59Z"},
        {"se": "2026-03-09"},
        {"se": ""},
        {"sig": ""},
    ],
)
def test_signatures(admin: Administrator, change: dict[str, str]) -> None:
    told = export(admin, **change)
    assert told.status == 400
    assert told.json["target"] == "storageAccountSasUri"
    assert "secret" not in str(told.json)
    assert not admin.emulator.operations.all()


def test_ten_a_month(admin: Administrator) -> None:
    for _ in range(10):
        assert export(admin).status == 202
    assert admin.refused(export(admin)) == (400, "exportFailed")
    admin.emulator.clock.advance(31 * 86_400)
    assert export(admin, se="2026-05-01T00:00:00Z").status == 202


def test_sandboxes_and_busy_environments(admin: Administrator) -> None:
    admin.have("Test")
    told = export(admin, PATH.replace("Production", "Test"))
    assert admin.refused(told) == (400, "exportFailed")
    admin.emulator.environments[0].status = "Upgrading"
    assert admin.refused(export(admin)) == (400, "exportFailed")
    told = export(admin, PATH.replace("Production", "Nowhere"))
    assert admin.refused(told) == (404, "environmentNotFound")
