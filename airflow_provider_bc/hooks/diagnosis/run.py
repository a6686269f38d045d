"""Carry out the checks in their order; what depends on a red one stays grey."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.entry import (
    check_credential,
    check_settings,
    check_sign_in,
    check_token,
)
from airflow_provider_bc.hooks.diagnosis.permissions import (
    check_admin_center,
    check_automation_api,
    check_data_api,
)
from airflow_provider_bc.hooks.diagnosis.place import check_company, check_environment, check_page
from airflow_provider_bc.hooks.diagnosis.reach import check_api_host, check_authority, check_clock
from airflow_provider_bc.hooks.diagnosis.result import Finding, Result, red, refused

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    :param name: its name, the same in every release.
    :param title: the same for people.
    :param look: carries it out; a `BusinessCentralError` makes it red.
    :param after: the checks without which it makes no sense.
    :param needed: whether reading data needs it.
    """

    name: str
    title: str
    look: Callable[[Case], Finding]
    after: tuple[str, ...] = ()
    needed: bool = True


_ENTERED = ("settings", "credential")
_SIGNED_IN = ("sign_in", "token", "api_host")

CHECKS: tuple[Check, ...] = (
    Check("settings", "Settings", check_settings),
    Check("credential", "Credential", check_credential, ("settings",)),
    Check("authority", "Way to Microsoft Entra", check_authority, _ENTERED),
    Check("api_host", "Way to Business Central", check_api_host, _ENTERED),
    Check("clock", "Clock", check_clock, ("api_host",)),
    Check("sign_in", "Sign-in", check_sign_in, (*_ENTERED, "authority")),
    Check("token", "Token", check_token, ("sign_in",)),
    Check("environment", "Environment", check_environment, _SIGNED_IN),
    Check("data_api", "Data API", check_data_api, (*_SIGNED_IN, "environment")),
    Check("company", "Company", check_company, ("data_api",)),
    Check("page", "Page of data", check_page, ("company",)),
    Check(
        "automation_api",
        "Automation API",
        check_automation_api,
        (*_SIGNED_IN, "environment"),
        needed=False,
    ),
    Check("admin_center", "Admin center API", check_admin_center, _SIGNED_IN, needed=False),
)
"""Every check, in order."""


def diagnose(case: Case, checks: Sequence[Check] = CHECKS) -> Iterator[Result]:
    """Carry out checks, one for each result that is asked for.

    :param case: the connection.
    :param checks: in order; those that one depends on but that are left out do not hold it up.
    :return: a result for each check; nothing is raised, whatever happens.
    """
    roots: dict[str, Check] = {}
    for check in checks:
        root = next((roots[name] for name in check.after if name in roots), None)
        if root:
            roots[check.name] = root
            said = f"Not tried, since {root.title} is red."
            yield Result(
                check.name,
                check.title,
                "grey",
                said,
                because=root.name,
                needed=check.needed,
            )
            continue
        finding = _look(check, case)
        if finding.state == "red":
            roots[check.name] = check
        yield Result(check.name, check.title, needed=check.needed, **asdict(finding))


def works(results: Sequence[Result]) -> bool:
    """Say whether data can be read, by the results of a diagnosis."""
    return not any(one.needed and one.state in ("red", "grey") for one in results)


def _look(check: Check, case: Case) -> Finding:
    try:
        return check.look(case)
    except BusinessCentralError as error:
        return refused(f"{check.title}: not in order.", error)
    except Exception as error:  # the list goes on, and its text may hold anything
        log.exception("The check %s broke down.", check.name)
        name = type(error).__name__
        return red("The check broke down.", f"{name}.", "Report it, with the log's traceback.")
