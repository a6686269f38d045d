"""Finding a company or an environment by what people call it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from airflow_provider_bc.api.routes import Company
from airflow_provider_bc.errors import ConfigurationError


def find_company(companies: Sequence[Company], wanted: str | None) -> Company:
    """Find a company by id, name or display name; letters' case does not matter.

    :param companies: those that the app may see.
    :param wanted: what the connection or the DAG says; None where there is only one.
    :return: the company.
    :raises ConfigurationError: when none or several fit, with the names that would.
    """
    if not companies:
        raise ConfigurationError(
            "The app sees no company in this environment.",
            remedy="In Business Central, give the app a permission set for a company (page "
            "Microsoft Entra Applications).",
        )
    names = [company.name for company in companies]
    if wanted is None:
        if len(companies) == 1:
            return companies[0]
        raise ConfigurationError(
            f"No company is named, and there are {len(companies)}: {_listed(names)}.",
            remedy="Fill in Company in the connection, or pass company=.",
        )
    for spelling in ("id", "name", "display_name"):
        fitting = [
            company
            for company in companies
            if getattr(company, spelling).casefold() == wanted.casefold()
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise ConfigurationError(
                f"{len(fitting)} companies are displayed as {wanted!r}.",
                remedy=f"Use the name instead: {_listed(one.name for one in fitting)}.",
            )
    known = [*names, *(company.display_name for company in companies)]
    raise ConfigurationError(
        f"There is no company {wanted!r}; the app sees {_listed(names)}.",
        remedy=_did_you_mean(wanted, known) or "Correct the company.",
    )


def unknown_environment(wanted: str, existing: Sequence[str]) -> ConfigurationError:
    """Say that an environment does not exist, and which do.

    :param wanted: what the connection says.
    :param existing: the names of those that do, empty where they could not be listed.
    """
    listed = f"; there are {_listed(existing)}" if existing else ""
    return ConfigurationError(
        f"There is no environment {wanted!r}{listed}.",
        remedy=_did_you_mean(wanted, existing)
        or "Correct the environment; the Business Central admin center lists them.",
        code="NoEnvironment",
        status=404,
    )


def _did_you_mean(wanted: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known if name}
    near = difflib.get_close_matches(wanted.casefold(), folded, n=1)
    return f"Did you mean {folded[near[0]]!r}?" if near else ""


def _listed(names: Iterable[str], most: int = 10) -> str:
    every = sorted(names)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(repr(name) for name in every[:most]) + rest
