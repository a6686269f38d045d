"""The control door: what another process may do to a running emulator. Loopback only."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_bc.emulator import control_admin, control_sign_in
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.connection import connection_of
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.emulator import Emulator
    from airflow_provider_bc.wire import Request

PREFIX = "/_emulator/"


class _BadOrderError(Exception):
    """An order that cannot be carried out."""


def _business_day(emulator: Emulator, order: dict[str, Any], _: str) -> Any:
    return asdict(emulator.business_day(order.get("company")))


def _add_fault(emulator: Emulator, order: dict[str, Any], _: str) -> Any:
    try:
        return asdict(emulator.faults.add(**order))
    except (TypeError, ValueError) as error:
        raise _BadOrderError(str(error)) from None


def _clear_faults(emulator: Emulator, _: dict[str, Any], __: str) -> Any:
    emulator.faults.clear()
    return {}


def _log(emulator: Emulator, _: dict[str, Any], __: str) -> Any:
    return {"entries": [asdict(entry) for entry in emulator.log.entries]}


def _clear_log(emulator: Emulator, _: dict[str, Any], __: str) -> Any:
    emulator.log.clear()
    return {}


def _advance(emulator: Emulator, order: dict[str, Any], _: str) -> Any:
    return _moved(emulator, emulator.clock.advance, order)


def _step(emulator: Emulator, order: dict[str, Any], _: str) -> Any:
    return _moved(emulator, emulator.clock.step, order)


def _moved(emulator: Emulator, move: Callable[[float], None], order: dict[str, Any]) -> Any:
    try:
        move(float(order.get("seconds", 0)))
    except (TypeError, ValueError) as error:
        raise _BadOrderError(str(error)) from None
    return {"now": emulator.clock.now()}


def _background(emulator: Emulator, order: dict[str, Any], _: str) -> Any:
    jobs = emulator.background
    jobs.seconds = float(order.get("seconds", jobs.seconds))
    jobs.package_errors = int(order.get("package_errors", jobs.package_errors))
    jobs.failures = {str(kind): str(text) for kind, text in order.get("failures", {}).items()}
    return {"seconds": jobs.seconds, "failures": jobs.failures}


def _revoke(emulator: Emulator, _: dict[str, Any], __: str) -> Any:
    emulator.revoke_tokens()
    return {}


def _connection(emulator: Emulator, _: dict[str, Any], origin: str) -> Any:
    return connection_of(emulator, origin)


_ORDERS: dict[tuple[str, str], Callable[[Emulator, dict[str, Any], str], Any]] = {
    ("POST", "business-day"): _business_day,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "log"): _log,
    ("DELETE", "log"): _clear_log,
    ("POST", "clock/advance"): _advance,
    ("POST", "clock/step"): _step,
    ("POST", "background"): _background,
    ("POST", "revoke-tokens"): _revoke,
    ("GET", "connection"): _connection,
    **control_admin.ORDERS,
    **control_sign_in.ORDERS,
}


def obey(emulator: Emulator, request: Request) -> Response:
    """Carry out an order.

    :param emulator: the emulator.
    :param request: a request whose path starts with `PREFIX`.
    :returns: 200 with what was done, 400 for an order that makes no sense, 501 for an unknown one.
    """
    parts = urlsplit(request.url)
    order = _ORDERS.get((request.method, parts.path.removeprefix(PREFIX)))
    if order is None:
        text = f"The emulator does not know {request.method} {parts.path}."
        return json_response(501, {"error": {"code": "NotEmulated", "message": text}})
    try:
        body = json.loads(request.body or b"{}")
        if isinstance(body, dict):
            return json_response(200, order(emulator, body, f"{parts.scheme}://{parts.netloc}"))
        text = "the body must be a JSON object"
    except KeyError as error:
        text = f"{error} is missing or unknown"
    except (_BadOrderError, TypeError, ValueError) as error:
        text = str(error)
    return json_response(400, {"error": {"code": "BadOrder", "message": text}})
