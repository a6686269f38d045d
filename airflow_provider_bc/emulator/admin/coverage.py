"""Every call of the admin center API, as the table in docs/emulator.md; run, it prints it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import sys

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT
from airflow_provider_bc.emulator.admin.routes import ENDPOINTS
from airflow_provider_bc.emulator.page import with_table

_CALLERS = {"App": "apps", "User": "people", None: "both"}
_NOTES = {
    "/copy": "all companies with their data, app records and apps; no settings",
    "/restore": "what the environment holds now, whatever the point in time",
    "/availableRestorePeriods": "one period of up to 28 days",
    "/usedstorage": "one kilobyte for every row",
    "/telemetry": "the operations, as events",
    "/sessions": "two people at work; nobody else comes or goes",
    "/pteInstall": "the manifest of the app is read, its dependencies are not",
    "/metrics": "ten exports in a calendar month",
    "/history": "from the operations",
    "/incoming": "nobody ever offers an environment",
    "/outageQuestions": "one question",
}


def table() -> str:
    """Write the coverage table.

    :returns: Markdown, a row for every call.
    """
    lines = ["| call | versions | for | what is imitated |", "|---|---|---|---|"]
    for one in ENDPOINTS:
        path = one.path.replace(ENVIRONMENT, "…/{environment}")
        versions = f"2.{one.since}" if one.since else "all"
        if one.until is not None:
            versions = f"to 2.{one.until}"
        note = next((text for end, text in _NOTES.items() if one.path.endswith(end)), "in full")
        cells = [f"`{one.method} {path}`", versions, _CALLERS[one.only], note]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def renewed(page: str) -> str:
    """Put the table into the page about the emulator.

    :param page: the page.
    :returns: the page with the table of today.
    :raises ValueError: if the page has no place for it.
    """
    return with_table(page, "admin coverage", table())


if __name__ == "__main__":
    sys.stdout.write(table())
