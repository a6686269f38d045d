"""Distil the fact file about Business Central's API pages into the emulator's schema files.

Run once when the facts change: `python -m airflow_provider_bc.emulator.schema.distill FACTS`. What
an AL page calls `"Document Id" = field(SystemId)` becomes `documentId=id`, in API names, so that
the emulator needs no AL.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-api-pagetype
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

_AL_NAME = r'(?:"([^"]+)"|([A-Za-z]\w*))'
_LINK = re.compile(rf"{_AL_NAME} = (field|const)\({_AL_NAME}\)")
_FILES = {
    "v2.0": "standard.json",
    "microsoft/automation/v2.0": "automation.json",
    "microsoft/powerbi/v2.0": "powerbi.json",
}
# Read in bc-data-api.md section 3.6; the page raises it outside its source expression.
_ATTACHMENTS = "You must specify a parentId in the request body."


def _field(field: dict[str, Any]) -> str:
    kind = field["type"].removeprefix("Edm.").replace("Microsoft.NAV.", "~")
    if "option" in kind:
        members = [member.strip('"') for member in field.get("optionMembers", [])]
        kind = f"Option({'|'.join(members)})"
    elif kind.startswith("String (Time"):
        kind = "TimeOfDay"
    elif isinstance(field.get("maxLength"), int):
        kind = f"{kind}({field['maxLength']})"
    marks = ("" if field["editable"] else "!") + ("+" if field.get("settableOnCreate") else "")
    return f"{field['name']}:{kind}{marks}"


def _al_names(entity: dict[str, Any]) -> dict[str, str]:
    names = {"systemid": entity["fields"][0]["name"] if entity["fields"] else "id"}
    for field in entity["fields"]:
        names[field["alSource"].removeprefix("Rec.").lower()] = field["name"]
    return names


def _part_link(part: dict[str, Any], parent: dict[str, Any], child: dict[str, Any]) -> str | None:
    """Say a page part's SubPageLink in API names, or None where a field is not exposed."""
    terms = []
    for quoted, bare, what, const, word in _LINK.findall(part.get("link") or ""):
        ours = _al_names(child).get((quoted or bare).lower())
        theirs = const or word
        if what == "field":
            theirs = _al_names(parent).get(theirs.lower())
        if ours is None or theirs is None:
            return None
        terms.append(f"{ours}={theirs}" if what == "field" else f"{ours}:{theirs}")
    return ";".join(terms) or None


def _reversed(link: str) -> str:
    terms = [term.split("=") for term in link.split(";") if "=" in term]
    return ";".join(f"{theirs}={ours}" for ours, theirs in terms)


def _link(nav: dict[str, Any], entity: dict[str, Any], target: dict[str, Any]) -> str | None:
    relation = re.search(r"TableRelation on (\w+)", nav["kind"])
    if relation:
        return f"{target['key field'][0]}={relation.group(1)}"
    if nav["kind"] == "part":
        return _part_link(nav, entity, target)
    for part in target["subpages/navigation"]:
        if part["kind"] == "part" and part["entitySet"] == entity["entitySetName"]:
            link = _part_link(part, target, entity)
            return _reversed(link) if link else None
    return None


def _navigation(entity: dict[str, Any], sets: dict[str, dict[str, Any]]) -> list[str]:
    """Say each navigation property as `name>entitySet`, `*` for many, then its link."""
    lines = []
    for nav in entity["subpages/navigation"]:
        target = sets.get(nav["entitySet"] or "")
        if target is None:
            continue
        many = "*" if nav["multiplicity"] == "Many" else ""
        link = _link(nav, entity, target)
        lines.append(f"{nav['name']}>{nav['entitySet']}{many}" + (f" {link}" if link else ""))
    return lines


def _entity(entity: dict[str, Any], sets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    names = {field["name"] for field in entity["fields"]}
    writes = {"insert": "insertAllowed", "modify": "modifyAllowed", "delete": "deleteAllowed"}
    refusal = (entity["requiresParentFilter"] or [None])[0]
    if entity["entitySetName"] == "attachments":
        refusal = _ATTACHMENTS
    lean = {
        "name": entity["entityName"],
        "key": [key for part in entity["key field"] if (key := part.split(" ")[0]) in names],
        "writes": [verb for verb, flag in writes.items() if entity[flag]],
        "refuses": refusal,
        "actions": [action["name"].rpartition(".")[2] for action in entity["actions"]],
        "properties": " ".join(_field(field).replace(" ", "\u00a0") for field in entity["fields"]),
        "navigation": _navigation(entity, sets),
    }
    return {name: value for name, value in lean.items() if value}


def distil(facts: dict[str, Any], folder: Path) -> None:
    """Write one schema file per API route.

    :param facts: the parsed `bc-entities.json`.
    :param folder: where the schema files go.
    """
    for route, file in _FILES.items():
        sets = {e["entitySetName"]: e for e in facts["entities"] if e["route"] == route}
        entities = {name: _entity(entity, sets) for name, entity in sets.items()}
        used = set(re.findall(r"~(\w+)", json.dumps(entities)))
        enums = {
            name: [member["alName"] for member in enum["members"]]
            for name, enum in facts["enums"].items()
            if name in used
        }
        text = json.dumps({"enums": enums, "entities": entities}, ensure_ascii=False, indent=0)
        (folder / file).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    distil(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(__file__).parent)
