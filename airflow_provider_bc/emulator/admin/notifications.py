"""Whom Microsoft writes to, and whom it asks.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-center-api_notifications
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.admin.endpoint import ENVIRONMENT, Endpoint, wrapped
from airflow_provider_bc.emulator.admin.refusal import RefusalError, invalid, unknown
from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.admin.call import AdminCall

_RECIPIENTS = "/settings/notification/recipients"
_SPACE = UUID("3f2c5b1e-9d55-4b46-8a07-1a9b4a0d2f64")
_SUPPORT = f"/support{ENVIRONMENT}/supportcontact"
_OUTAGES = ("Inaccessible", "SlowPerformance")


def _recipients(call: AdminCall) -> Response:
    return wrapped(call.tenant.recipients.values())


def _add(call: AdminCall) -> Response:
    content = call.content()
    email, name = call.text(content, "Email"), call.text(content, "Name")
    if "@" not in email:
        raise invalid("Email", f"'{email}' is no address.")
    number = str(uuid5(_SPACE, email.lower()))
    call.tenant.recipients[number] = {"id": number, "email": email, "name": name}
    return json_response(200, call.tenant.recipients[number])


def _remove(call: AdminCall) -> Response:
    wanted = call.named["recipient"].lower()
    if wanted not in call.tenant.recipients:
        raise unknown(f"There is no recipient '{wanted}'.", wanted)
    del call.tenant.recipients[wanted]
    return Response(200)


def _notifications(call: AdminCall) -> Response:
    recipients = list(call.tenant.recipients.values())
    tenant = call.tenant.directory.tenant_id
    return json_response(200, {"aadTenantId": tenant, "recipients": recipients})


def _support(call: AdminCall) -> Response:
    contact = call.environment().settings.support
    if contact is None:
        text = "The environment has no support contact."
        raise RefusalError(404, "resourceDoesNotExist", text, "supportContact")
    return json_response(200, contact)


def _set_support(call: AdminCall) -> Response:
    environment, content = call.active(), call.content()
    names = ("name", "email", "url")
    environment.settings.support = {name: call.text(content, name) for name in names}
    return json_response(200, environment.settings.support)


def _outage_types(_: AdminCall) -> Response:
    return wrapped(_OUTAGES)


def _questions(call: AdminCall) -> Response:
    if call.named["type"] not in _OUTAGES:
        raise unknown(f"There is no outage type '{call.named['type']}'.", call.named["type"])
    return wrapped([{"id": "when", "question": "When did it begin?", "required": True}])


def _reported(call: AdminCall) -> Response:
    return wrapped(call.tenant.outages)


def _report(call: AdminCall) -> Response:
    environment, content = call.environment(), call.content()
    kind = call.text(content, "outageType")
    if kind not in _OUTAGES:
        raise invalid("outageType", f"'{kind}' is none of {', '.join(_OUTAGES)}.")
    report = {
        "supportTicketTrackingId": f"T{len(call.tenant.outages) + 1:06d}",
        "applicationType": "BusinessCentral",
        "environmentName": environment.name,
        "outageType": kind,
        "status": "Active",
    }
    call.tenant.outages.append(report)
    return json_response(200, report)


ENDPOINTS = (
    Endpoint("GET", "/settings/notification", _notifications),
    Endpoint("GET", _RECIPIENTS, _recipients),
    Endpoint("PUT", _RECIPIENTS, _add),
    Endpoint("DELETE", f"{_RECIPIENTS}/{{recipient}}", _remove),
    Endpoint("GET", _SUPPORT, _support),
    Endpoint("PUT", _SUPPORT, _set_support),
    Endpoint("GET", "/support/outageTypes", _outage_types),
    Endpoint("GET", "/support/outageTypes/{type}/outageQuestions", _questions),
    Endpoint("GET", "/support/reportedoutages", _reported),
    Endpoint(
        "POST", "/support/applications/{family}/environments/{environment}/reportoutage", _report
    ),
)
