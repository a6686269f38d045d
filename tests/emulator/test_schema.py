"""The distilled schema, and what the distiller makes of a page."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_bc.emulator.schema.catalog import route
from airflow_provider_bc.emulator.schema.csdl import metadata
from airflow_provider_bc.emulator.schema.distill import distil
from airflow_provider_bc.emulator.schema.model import xml_name

if TYPE_CHECKING:
    from pathlib import Path


def _entity(name: str, fields: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {
        "entitySetName": f"{name}s",
        "entityName": name,
        "route": "v2.0",
        "key field": ["id"],
        "fields": fields,
        "subpages/navigation": [],
        "actions": [],
        "insertAllowed": False,
        "modifyAllowed": True,
        "deleteAllowed": False,
        "requiresParentFilter": None,
    } | more


def _field(name: str, kind: str, source: str, **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, "alSource": source, "editable": True} | more


def _nav(name: str, target: str | None, kind: str, link: str = "") -> dict[str, object]:
    many = "Many" if name.endswith("s") else "ZeroOrOne"
    return {"name": name, "entitySet": target, "kind": kind, "link": link, "multiplicity": many}


def _facts() -> dict[str, object]:
    identity = _field("id", "Edm.Guid", "Rec.SystemId", editable=False, settableOnCreate=True)
    kinds = [
        _field("state", "Microsoft.NAV.mood", "Rec.State"),
        _field("kind", "Edm.String (option)", "Rec.Kind", optionMembers=['"In Progress"', "Done"]),
        _field("at", "Edm.String (Time; INFERRED)", "Rec.At"),
        _field("code", "Edm.String", "Rec.Code", maxLength=10),
    ]
    parts = [
        _nav("lines", "lines", "part", '"Head No" = field(SystemId), "Type" = const("A B")'),
        _nav("odds", "lines", "part", '"Hidden" = field(SystemId)'),
        _nav("other", None, "docs-only"),
    ]
    head = _entity(
        "head",
        [identity, *kinds],
        **{"subpages/navigation": parts, "actions": [{"name": "Microsoft.NAV.post"}]},
    )
    navs = [
        _nav("head", "heads", "reverse (parent that embeds this page as a part)"),
        _nav("twin", "heads", "relation (derived from AL TableRelation on headId)"),
        _nav("stranger", "attachmentss", "reverse"),
    ]
    lines = [identity, _field("headId", "Edm.Guid", "Rec.Head No"), _field("type", "X", "Rec.Type")]
    line = _entity("line", lines, **{"subpages/navigation": navs})
    files = _entity("attachments", [identity], entitySetName="attachments")
    stranger = _entity("attachmentss", [], entitySetName="attachmentss")
    mood = {"members": [{"alName": " "}, {"alName": "Good"}]}
    return {"enums": {"mood": mood, "unused": mood}, "entities": [head, line, files, stranger]}


def test_distil(tmp_path: Path) -> None:
    distil(_facts(), tmp_path)
    made = json.loads((tmp_path / "standard.json").read_text(encoding="utf-8"))
    heads = made["entities"]["heads"]
    assert made["enums"] == {"mood": [" ", "Good"]}
    assert heads["properties"] == (
        "id:Guid!+ state:~mood kind:Option(In\u00a0Progress|Done) at:TimeOfDay code:String(10)"
    )
    assert heads["navigation"] == ["lines>lines* headId=id;type:A B", "odds>lines*"]
    assert heads["actions"] == ["post"]
    assert heads["writes"] == ["modify"]
    assert made["entities"]["lines"]["navigation"] == [
        "head>heads id=headId",
        "twin>heads id=headId",
        "stranger>attachmentss",
    ]
    assert "parentId" in made["entities"]["attachments"]["refuses"]
    assert json.loads((tmp_path / "automation.json").read_text())["entities"] == {}


def test_counts_of_the_facts() -> None:
    sets = [route(path) for path in ("v2.0", "microsoft/automation/v2.0", "microsoft/powerbi/v2.0")]
    assert [len(one.sets) for one in sets if one] == [144, 18, 1]
    assert sum(len(e.properties) for one in sets if one for e in one.sets.values()) == 3241
    assert sum(len(e.actions) for one in sets if one for e in one.sets.values()) == 32


def test_unset_values() -> None:
    served = route("v2.0")
    assert served is not None
    blank = served.sets["accounts"].blank()
    assert blank["category"] == "_x0020_"
    assert blank["consolidationTranslationMethod"] == "Average Rate (Manual)"
    assert blank["netChange"] == Decimal(0)
    assert xml_name("Positive Adjmt.") == "Positive_x0020_Adjmt_x002E_"


def test_unknown_routes() -> None:
    assert route("nope") is None
    with pytest.raises(KeyError):
        metadata("nope")
