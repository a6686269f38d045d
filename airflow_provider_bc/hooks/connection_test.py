"""What the Test button says: signed in, environment and company found, or what to fix."""

from __future__ import annotations

import threading
from collections.abc import Callable

from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Result
from airflow_provider_bc.hooks.diagnosis.run import CHECKS, diagnose

SECONDS = 8.0
_MOST = 5
_ASKED = ("settings", "credential", "sign_in", "token", "environment", "data_api", "company")
_HURRIED = tuple(check for check in CHECKS if check.name in _ASKED)

UNSEEN = (
    "The settings are complete. Airflow's Test button cannot see a person's sign-in: press Check "
    "under Admin > Business Central, or run `airflow business-central doctor CONN_ID`."
)
"""The rest of a person's connection is tested where its own id is known."""


class Unfit(Exception):
    """The connection does not work; the text says what to fix."""


def within_seconds(test: Callable[[], str], seconds: float = SECONDS) -> tuple[bool, str]:
    """Run a test for a limited time, and never raise.

    :param test: says what it found, or raises `Unfit`.
    :param seconds: how long it may take.
    :return: whether it passed, and what it said.
    """
    verdict: list[tuple[bool, str]] = []

    def run() -> None:
        try:
            verdict.append((True, test()))
        except Unfit as error:
            verdict.append((False, str(error)))
        except Exception as error:  # noqa: BLE001 - the button must answer, whatever happens
            verdict.append((False, f"{type(error).__name__} while testing; see the server's log."))

    thread = threading.Thread(target=run, daemon=True, name="business-central-connection-test")
    thread.start()
    thread.join(seconds)
    late = (
        f"No answer within {seconds:.0f} seconds. Check API URL, Authority host and the network "
        "between this server and them (firewall, proxy)."
    )
    return verdict[0] if verdict else (False, late)


def describe(case: Case, awaits_person: Callable[[], bool]) -> str:
    """Carry out the doctor's checks that fit in the time, until one is red.

    :param case: the connection.
    :param awaits_person: whether a person has yet to sign in for it; then this passes, with what
        was and was not tested: Airflow tests under an id made up for the purpose, so after a
        sign-in, too, the button would be red for a connection that is in order.
    :return: what was found.
    :raises Unfit: naming what to fix.
    """
    for result in diagnose(case, _HURRIED):
        if result.state == "red":
            raise Unfit(_explained(result))
        if result.name == "credential" and awaits_person():
            return UNSEEN
    companies = case.companies()
    chosen = case.settings.company or len(companies) == 1
    company = f'"{case.client.company().name}"' if chosen else "none chosen"
    names = ", ".join(f'"{one.name}"' for one in companies[:_MOST])
    more = f" and {len(companies) - _MOST} more" if len(companies) > _MOST else ""
    return (
        f"Connected to environment {case.settings.environment} as {_who(case)}. "
        f"Company: {company}. "
        f"{len(companies)} companies: {names}{more}."
    )


def _explained(result: Result) -> str:
    """Put the remedy before the details: a toast of the UI is read from its beginning."""
    told = {**result.details}
    correlation = told.pop("correlation_id", None)
    parts = [told.get("code"), correlation and f"correlation id {correlation}", told.get("request")]
    details = ", ".join(part for part in parts if part)
    return f"{result.cause} {result.remedy}{f' ({details})' if details else ''}"


def _who(case: Case) -> str:
    claims = case.claims
    if claims.user:
        return claims.user
    roles = ", ".join(claims.roles) or "no roles"
    return f"app {claims.app_id or case.settings.client_id or 'unknown'} with {roles}"
