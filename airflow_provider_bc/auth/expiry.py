"""Credentials that will not work for long, or are not what they seem."""

from __future__ import annotations

import re
from datetime import date

from airflow_provider_bc.settings import Settings

WARN_DAYS = (60, 30, 7, 0)
"""How many days before its end a secret is spoken of, each time more urgently."""

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_URGENCY = ("soon: ", "within a month: ", "within a week: ", "now: ")
_RENEW = (
    "create a new one in Certificates & secrets, then put its Value into the connection and its "
    "date into Secret expires on (secret_expires_on)"
)


def credential_warnings(settings: Settings, today: date) -> list[str]:
    """Say what is doubtful about a connection's credential.

    :param settings: the connection.
    :param today: the date.
    :return: sentences for a log, none of which holds a secret.
    """
    found = []
    secret = settings.client_secret
    if secret and _GUID.fullmatch(secret.get_secret_value()):
        found.append(
            "Client secret looks like a Secret ID: copy the secret's Value, which is shown only "
            "when it is made."
        )
    ends = settings.secret_expires_on
    if ends is None:
        return found
    days = (ends - today).days
    if days < 0:
        found.append(f"The client secret expired on {ends}: {_RENEW}.")
    elif days <= WARN_DAYS[0]:
        passed = sum(days <= limit for limit in WARN_DAYS)
        when = f"on {ends}, in {days} days" if days else f"today, {ends}"
        found.append(f"The client secret expires {when}. Renew it {_URGENCY[passed - 1]}{_RENEW}.")
    return found
