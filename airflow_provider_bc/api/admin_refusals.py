"""What the Admin Center API means when it refuses, and what its reader should do about it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api
"""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_bc.errors import (
    AuthenticationError,
    AuthorizationError,
    BusinessCentralError,
    Conflict,
    NotFound,
)

Judgement = tuple[type[BusinessCentralError] | None, str]
"""The error, None where the status decides; and the remedy."""

_ROLE = (
    "In Entra, under API permissions of the app, grant AdminCenter.ReadWrite.All of Dynamics 365 "
    "Business Central as an application permission, with admin consent."
)
_AUTHORIZED = (
    "In the Business Central admin center, on the page Authorized Microsoft Entra apps, add the "
    "client ID and grant consent; some calls are for people only."
)
_ONE_AT_A_TIME = (
    "One environment is created or copied at a time: run the task again when that has ended, or "
    "put such tasks into an Airflow pool of one slot."
)
_NAME = "Use at most 29 letters, digits, _ and -, beginning with a letter."
_BY_CODE: dict[str, Judgement] = {
    "applicationtypedoesnotexist": (NotFound, "Report this: the application family is fixed."),
    "environmentnotfound": (
        NotFound,
        (
            "Check the environment's name; one that blocks the app's home tenant (partner access) "
            "is not to be seen either."
        ),
    ),
    "environmentnamenotvalid": (None, _NAME),
    "cannotcreatenamedenvironment": (None, _NAME),
    "resourceexists": (None, "Choose another name, or set if_exists=skip."),
    "tenantalreadyprovisioning": (Conflict, _ONE_AT_A_TIME),
    "environmentreservationfailed": (Conflict, _ONE_AT_A_TIME),
    "maximumnumberofenvironmentsallowedreached": (
        None,
        "Delete an environment, or buy more; hook.admin_center.environments.quotas() counts them.",
    ),
    "maximumstoragecapacityusagereached": (None, "Free storage, or buy more."),
    "conflictingdeveloperextensions": (
        None,
        "Uninstall the developer extensions that it names from the source environment.",
    ),
    "invalidstatuscannotdeletetenant": (Conflict, "Wait until the environment is active."),
    "tenantdeletioninprogress": (Conflict, "Wait until the deletion has ended."),
    "deletedenvironmentrecoveryinprogress": (Conflict, "Wait until the recovery has ended."),
    "invalidstatuscannotrecoverdeletedenvironment": (
        None,
        "Only an environment that was deleted in the last 14 days can be recovered.",
    ),
    "cannotsetappinsightskey": (Conflict, "Wait until the environment is active."),
    "scheduledupgradeconstraintviolation": (None, "Make the update window six hours or longer."),
    "invalidrange": (None, "Make the update window six hours or longer."),
    "exportfailed": (
        None,
        (
            "Check the shared access signature (valid for three days, all permissions), that "
            "exports are left this month, and that the environment is for production."
        ),
    ),
}
_BY_STATUS: dict[int, Judgement] = {
    401: (AuthenticationError, _ROLE),
    403: (AuthorizationError, _AUTHORIZED),
}


def judge(status: int, code: str) -> Judgement:
    """Say which error a refusal is, and what to do about it.

    :param status: the HTTP status.
    :param code: the service's own, in any casing.
    :return: the error and the remedy; None and "" where neither says more than the status.
    """
    return _BY_CODE.get(code.lower()) or _BY_STATUS.get(status) or (None, "")


def details(body: Any) -> str:
    """Gather what a refusal tells beside its message: requirements, extensions, single fields.

    :param body: the decoded answer.
    :return: a text to be added to the message, "" for none.
    """
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    requirements = data.get("requirements") if isinstance(data, dict) else None
    parts = [_app(one) for one in requirements or () if isinstance(one, dict)]
    if parts:
        return f" Needed: {', '.join(parts)}."
    more = body.get("extensionData")
    if more:
        return f" {json.dumps(more, ensure_ascii=False)}"
    target = body.get("target")
    return f" ({target})" if isinstance(target, str) and target else ""


def _app(row: dict[str, Any]) -> str:
    words = (row.get("name"), row.get("version"), row.get("appId") or row.get("id"))
    return " ".join(str(word) for word in words if word)
