"""What is imitated, as the table in docs/emulator.md; run as a program, it prints it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.bc.actions import ACTIONS
from airflow_provider_bc.emulator.page import with_table
from airflow_provider_bc.emulator.schema.catalog import route
from airflow_provider_bc.emulator.store.derived import DERIVED
from airflow_provider_bc.emulator.store.rules import DOCUMENTS, HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_bc.emulator.schema.model import EntitySet

ROUTES = ("v2.0", "microsoft/automation/v2.0", "microsoft/powerbi/v2.0")
_NOTES = {
    "attachments": "its parent must exist",
    "automationCompanies": "companies come, empty, and go; names are cut to 30 characters",
    "companyInformation": "the picture is always empty",
    "configurationPackages": "imported and applied by jobs; the head of the file is read",
    "documentAttachments": "its parent must exist",
    "extensionUpload": "one slot; deployed by a job; the manifest of the app is read",
    "journals": "lines are posted to the general ledger",
    "jobQueueEntries": "one runs when a test says so, and leaves a log entry",
    "pictures": "one for each parent",
    "pdfDocument": "one for each document",
    "userPermissions": "the permission set must exist, and only once",
    "users": "getting new users finds none",
}


def entity_sets() -> Iterator[tuple[str, EntitySet]]:
    """List every entity set of Microsoft's documentation.

    :returns: route and entity set, in the order of the routes and then of the names.
    """
    for path in ROUTES:
        served = route(path)
        for name in sorted(served.sets) if served else ():
            if served:
                yield path, served.sets[name]


def table() -> str:
    """Write the coverage table.

    :returns: Markdown, a row for every entity set.
    """
    lines = [
        "| route | entity set | create | update | delete | actions | contents | what is imitated |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path, one in entity_sets():
        verbs = ["yes" if verb in one.writes else "no" for verb in ("insert", "modify", "delete")]
        known = (name for name in one.actions if (one.name, name) in ACTIONS)
        cells = [path, f"`{one.name}`", *verbs, ", ".join(known), ", ".join(one.streams)]
        lines.append(f"| {' | '.join([*cells, _imitated(one)])} |")
    return "\n".join(lines) + "\n"


def missing() -> list[str]:
    """List the documented bound actions that are not performed.

    :returns: `entitySet/action`, empty if all are.
    """
    return [
        f"{one.name}/{name}"
        for _, one in entity_sets()
        for name in one.actions
        if (one.name, name) not in ACTIONS
    ]


def _imitated(one: EntitySet) -> str:
    if one.name in _NOTES:
        return _NOTES[one.name]
    if one.name in DOCUMENTS:
        return "partner, totals, life"
    if one.name in HEADERS:
        return "item, amounts, the header's totals"
    if one.name in DERIVED or one.writes:
        return "kept as written"
    return "read"


def renewed(page: str) -> str:
    """Put the table into the page about the emulator.

    :param page: the page.
    :returns: the page with the table of today.
    :raises ValueError: if the page has no place for it.
    """
    return with_table(page, "coverage", table())


if __name__ == "__main__":
    sys.stdout.write(table())
