"""The other spelling: what documentation and observed answers do not agree on.

https://github.com/microsoft/terraform-provider-power-platform and BcContainerHelper read what the
service sends; Microsoft's pages name some of it otherwise.
"""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.wire import Response

_OPERATION = {"status", "createdOn", "errorMessage"}
_APP = {"appId": "id", "state": "status", "appType": "publishedAs"}
_PUBLISHED = {"global": "Global", "tenant": "PTE", "dev": "Dev"}


def respelled(response: Response) -> Response:
    """Write an answer in the other spelling.

    :param response: the answer.
    :returns: operations with `Succeeded` and `Cancelled`, apps with `id`, `status` and
        `publishedAs`, a single environment wrapped in `value`, error codes with a capital letter.
    """
    if not response.body:
        return response
    read = _other(json.loads(response.body))
    if isinstance(read, dict) and "webServiceUrl" in read:
        read = {"value": read}
    return json_response(response.status, read)


def _other(read: Any) -> Any:
    if isinstance(read, list):
        return [_other(one) for one in read]
    if not isinstance(read, dict):
        return read
    told = {name: _other(value) for name, value in read.items()}
    if told.keys() >= _OPERATION:
        status = str(told["status"]).title()
        told["status"] = "Cancelled" if status == "Canceled" else status
    if _APP.keys() <= told.keys():
        told["appType"] = _PUBLISHED[told["appType"]]
        told = {_APP.get(name, name): value for name, value in told.items()}
    if {"code", "message"} <= told.keys():
        told["code"] = told["code"][:1].upper() + told["code"][1:]
    return told
