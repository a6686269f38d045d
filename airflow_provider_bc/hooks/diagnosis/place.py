"""The checks of the place: environment, company, a page of data."""

from __future__ import annotations

from airflow_provider_bc.api.directory import unknown_environment
from airflow_provider_bc.errors import BusinessCentralError, ConfigurationError
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Finding, green, note, refused

_NO_ENVIRONMENT = "NoEnvironment"


def check_environment(case: Case) -> Finding:
    """See whether the environment exists: it answers, or it is in the list.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments

    :param case: the connection, signed in.
    """
    wanted = case.settings.environment
    try:
        case.companies()
    except BusinessCentralError as error:
        if error.code == _NO_ENVIRONMENT:
            return refused(f"There is no environment {wanted!r}.", error)
    else:
        return green(f"{wanted!r} answers.")
    try:
        names = case.client.perform(case.client.operations.environments())
    except BusinessCentralError:
        return note(
            f"Whether there is an environment {wanted!r} is not known.",
            "It refuses requests, and the list of environments does as well.",
            "The Business Central admin center lists the environments.",
        )
    if wanted.casefold() in {name.casefold() for name in names}:
        return green(f"{wanted!r} is one of {len(names)}.")
    return refused(f"There is no environment {wanted!r}.", unknown_environment(wanted, names))


def check_company(case: Case) -> Finding:
    """Find the company.

    :param case: the connection, with companies.
    """
    companies = case.companies()
    if case.settings.company is None and len(companies) > 1:
        return note(
            f"None is chosen, and there are {len(companies)}.",
            "",
            "Fill in Company (company), or let each task pass company=.",
        )
    try:
        company = case.client.company()
    except ConfigurationError as error:
        return refused("The company was not found.", error)
    return green(f"{company.name!r}, one of {len(companies)}.")


def check_page(case: Case) -> Finding:
    """Read a page of data.

    :param case: the connection, with a company.
    """
    company = None if case.settings.company else case.companies()[0].id
    try:
        page = next(case.client.read_pages(case.entity_set, top=5, company=company))
    except BusinessCentralError as error:
        return refused(f"{case.entity_set} cannot be read.", error)
    rows = "1 row" if len(page.rows) == 1 else f"{len(page.rows)} rows"
    return green(f"{rows} of {case.entity_set} read.")
