"""The concurrency token of a write.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-to-modify-data
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.odata.errors import ODataError

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.store.row import Row

_ETAG = re.compile(r'(W/)?"[^"]*"')


def check_token(if_match: str | None, row: Row, *, required: bool) -> None:
    """Check the concurrency token.

    :param if_match: the If-Match header, None if it was not sent.
    :param row: the row as it is now.
    :param required: whether it must be sent.
    :raises ODataError: 400 `BadRequest_InvalidToken`, or 409 `Request_EntityChanged`.
    """
    if if_match == "*" or (if_match is None and not required):
        return
    if if_match is None or not _ETAG.fullmatch(if_match):
        raise ODataError(
            400,
            "BadRequest_InvalidToken",
            "Could not validate the client concurrency token required by the service. Please "
            "provide a valid token in the client request.",
        )
    if if_match != row.etag:
        text = "Another user has already changed the record."
        raise ODataError(409, "Request_EntityChanged", text)
