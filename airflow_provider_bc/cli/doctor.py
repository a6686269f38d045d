"""The command `doctor`: examine a connection, and say what to do."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import Any

from airflow.utils.cli import suppress_logs_and_warning
from rich.console import Console

from airflow_provider_bc.auth.app_registration import admin_consent_url, az_lines
from airflow_provider_bc.auth.token import Claims
from airflow_provider_bc.cli.conversation import Failed, connected, console, ended, write_json
from airflow_provider_bc.cli.findings import write_result, write_section, write_summary
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.diagnosis.result import Result
from airflow_provider_bc.hooks.diagnosis.run import works

_ABOUT_THE_APP = frozenset({"sign_in", "token", "data_api", "automation_api", "admin_center"})
_OPTIONAL = {
    "automation_api": "Automation.ReadWrite.All",
    "admin_center": "AdminCenter.ReadWrite.All",
}


@suppress_logs_and_warning
def doctor(args: Namespace) -> None:
    """Examine a connection; `airflow` calls it.

    :param args: ``conn_id``, ``json``, ``show_token`` and ``entity_set``.
    """
    sys.exit(examine(args, console(), console(stderr=True)))


def examine(args: Namespace, out: Console, complaints: Console) -> int:
    """Examine a connection.

    :param args: see `doctor`.
    :param out: where to say what was found.
    :param complaints: where failures go.
    :return: the exit code: 0 when data can be read.
    """
    results: list[Result] = []
    try:
        with connected(args.conn_id) as hook:
            for result in hook.diagnose(args.entity_set):
                results.append(result)
                if not args.json:
                    write_result(out, result)
            told = _told(hook, results, show_token=args.show_token)
    except Failed as failure:  # pragma: no cover - a diagnosis tells failures as results
        return ended(complaints, failure)
    if args.json:
        checks = [one.as_dict() for one in results]
        report = {"conn_id": args.conn_id, "works": works(results), "checks": checks, **told}
        write_json(out, report)
    else:
        write_summary(out, results)
        for title, lines in _sections(told, results):
            write_section(out, title, lines)
    return 0 if works(results) else 1


def _told(hook: BusinessCentralHook, results: list[Result], *, show_token: bool) -> dict[str, Any]:
    """Gather what is told beside the checks; a connection that cannot be read has none of it."""
    if results[0].state == "red":
        return {}
    settings = hook.settings
    roles = ["API.ReadWrite.All", *_OPTIONAL.values()]
    told: dict[str, Any] = {
        "app_registration": {
            "admin_consent_url": admin_consent_url(settings) if settings.client_id else None,
            "az": az_lines(settings, roles),
        }
    }
    if show_token:
        told["token"] = _token(hook)
    return told


def _token(hook: BusinessCentralHook) -> dict[str, Any]:
    """Tell what the token says that tasks would use now."""
    try:
        client = hook.get_conn()
        claims: Claims = client.perform(client.operations.identity())
    except BusinessCentralError as error:
        return {"error": str(error)}
    ends = claims.expires_at
    return {
        "audience": claims.audience,
        "tenant": claims.tenant_id,
        "app": claims.app_id,
        "user": claims.user,
        "roles": list(claims.roles),
        "scopes": list(claims.scopes),
        "expires": None if ends is None else datetime.fromtimestamp(ends, UTC).isoformat(),
    }


def _sections(told: dict[str, Any], results: list[Result]) -> list[tuple[str, list[str]]]:
    """Put into words what is worth a person's attention."""
    sections = []
    if "token" in told:
        lines = [f"{name}: {_spoken(value)}" for name, value in told["token"].items()]
        sections.append(("What the token says", lines))
    doubtful = any(one.name in _ABOUT_THE_APP and one.state in ("red", "note") for one in results)
    registration = told.get("app_registration")
    if registration and doubtful:
        if registration["admin_consent_url"]:
            title = "Admin consent, by a Cloud Application Administrator in a browser"
            sections.append((title, [registration["admin_consent_url"]]))
        title = "The app registration with az (leave out permissions that you do not want)"
        sections.append((title, registration["az"]))
    return sections


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
