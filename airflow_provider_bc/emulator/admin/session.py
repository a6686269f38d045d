"""The sessions of an environment."""

from __future__ import annotations

from typing import Any

from airflow_provider_bc.emulator.clock import stamp


def signed_in(now: float) -> dict[int, dict[str, Any]]:
    """Let two people be at work.

    :param now: the time, in seconds since 1970-01-01T00:00:00Z.
    :returns: their sessions by number.
    """
    return {
        number: {
            "sessionId": number,
            "userId": user,
            "clientType": kind,
            "logOnDate": stamp(now - 600 * number),
            "entryPointOperation": "OpenForm",
            "entryPointObjectName": "Business Manager Role Center",
            "entryPointObjectId": "9022",
            "entryPointObjectType": "Page",
            "currentObjectName": "Customer List",
            "currentObjectId": 22,
            "currentObjectType": "Page",
            "currentOperationDuration": 150 * number,
        }
        for number, user, kind in ((11, "MARIO", "WebClient"), (12, "ANNETTE", "Background"))
    }
