"""How an app proves to the token endpoint that it is itself.

https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from airflow_provider_bc.emulator.entra.assertion import (
    ASSERTION_TYPE,
    check_assertion,
    issuer_of,
    unpadded,
)
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.federation import check_federated
from airflow_provider_bc.emulator.entra.form import needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.entra.directory import Application, Directory

PUBLIC, SECRET, ASSERTION = "0", "1", "2"


def authenticate(
    form: Mapping[str, str],
    directory: Directory,
    application: Application,
    endpoint: str,
    now: float,
) -> str:
    """Check the secret or the assertion of a confidential client.

    :param form: what was posted.
    :param directory: the tenant, which knows foreign issuers.
    :param application: the app.
    :param endpoint: the token endpoint, the audience of certificate assertions.
    :param now: the moment.
    :returns: the proof as `appidacr` tells it.
    :raises EntraError: AADSTS7000218, 7000215, 7000222 or what is wrong with the assertion.
    """
    if "client_assertion" in form or "client_assertion_type" in form:
        if needed(form, "client_assertion_type") != ASSERTION_TYPE:
            raise EntraError(90023, "The 'client_assertion_type' is not supported.")
        assertion = unpadded(needed(form, "client_assertion"))
        if issuer_of(assertion) == application.client_id:
            certificates = application.certificates
            by_id = urljoin(endpoint, f"/{directory.tenant_id}/oauth2/v2.0/token")
            audiences = (endpoint, by_id)
            check_assertion(assertion, application.client_id, certificates, audiences, now)
        else:
            trusted, issuers = application.federated, directory.issuers
            check_federated(assertion, application.client_id, trusted, issuers, now)
        return ASSERTION
    if not form.get("client_secret"):
        raise EntraError(7000218)
    _check_secret(application, form["client_secret"], now)
    return SECRET


def stay_public(form: Mapping[str, str]) -> str:
    """Check that a public client does not pretend to keep a secret.

    :param form: what was posted.
    :returns: the proof as `appidacr` tells it: none.
    :raises EntraError: AADSTS700025.
    """
    if form.get("client_secret") or form.get("client_assertion"):
        raise EntraError(700025)
    return PUBLIC


def _check_secret(application: Application, value: str, now: float) -> None:
    for secret in application.secrets:
        if secret.value == value:
            if secret.expires is not None and now >= secret.expires:
                raise EntraError(7000222, application.client_id)
            return
    raise EntraError(7000215, application.client_id)
