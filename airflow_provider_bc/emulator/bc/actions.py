"""Bound actions: which entity has which, what each does, and what it answers.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/api/dynamics_salesinvoice_post
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_provider_bc.emulator.bc import (
    administration,
    configuration_packages,
    extensions,
    job_queue,
)
from airflow_provider_bc.emulator.bc.fields import read_body
from airflow_provider_bc.emulator.bc.tokens import check_token
from airflow_provider_bc.emulator.odata.errors import ODataError, bad_request, not_found
from airflow_provider_bc.emulator.posting.corrections import cancel, correct
from airflow_provider_bc.emulator.posting.documents import post
from airflow_provider_bc.emulator.posting.journals import post_journal
from airflow_provider_bc.emulator.posting.orders import convert, deliver_and_invoice
from airflow_provider_bc.emulator.posting.sending import send
from airflow_provider_bc.emulator.store.rules import ApplicationError
from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_bc.emulator.bc.resource import Resource
    from airflow_provider_bc.emulator.store.company import Company
    from airflow_provider_bc.emulator.store.row import Row

_Deed: TypeAlias = "Callable[[Company, Row], int]"
_PARAMETERS: dict[str, dict[str, type]] = {
    "activate": {"updateInBackground": bool, "startDateTime": datetime}
}


def perform(
    found: Resource, company: Company, body: bytes, if_match: str | None = None
) -> Response:
    """Perform the action a path ends in; its name may be in any casing.

    :param found: the entity and the action.
    :param company: the company.
    :param body: the content: nothing, or the parameters as JSON.
    :param if_match: the If-Match header, which is honoured if it is sent.
    :returns: 200, 201 or 204, always without content.
    :raises ODataError: 404 for an unknown action, 409 for a row that has changed, 400 for a wrong
        parameter or if business logic forbids it.
    """
    row, wanted = found.row, (found.action or "").lower()
    known = next((name for name in found.schema.actions if name.lower() == wanted), None)
    if row is None or known is None:
        raise not_found(f"Microsoft.NAV.{found.action}")
    check_token(if_match, row, required=False)
    _check_parameters(known, read_body(body) if body else {})
    try:
        return Response(ACTIONS[found.schema.name, known](company, row))
    except ApplicationError as error:
        raise ODataError(400, error.code, str(error)) from None


def _check_parameters(action: str, given: dict[str, Any]) -> None:
    """Check the parameters; their names may be in any casing, as AL's are."""
    allowed = {name.lower(): kind for name, kind in _PARAMETERS.get(action, {}).items()}
    for name, value in given.items():
        kind = allowed.get(name.lower())
        if kind is None:
            raise bad_request(f"The parameter '{name}' is not one of the action '{action}'.")
        try:
            right = datetime.fromisoformat(value) if kind is datetime else isinstance(value, kind)
        except (TypeError, ValueError):
            right = False
        if not right:
            raise bad_request(f"Unable to convert the parameter '{name}' to {kind.__name__}.")


def _post(company: Company, row: Row, *, kind: str) -> int:
    post(company, kind, row)
    return 204


def _send(company: Company, row: Row, *, kind: str) -> int:
    send(company, kind, row)
    return 204


def _cancel(company: Company, row: Row, *, kind: str) -> int:
    cancel(company, kind, row)
    return 204


def _post_and_send(company: Company, row: Row, *, kind: str) -> int:
    """Post and send; what was posted stays posted if it cannot be sent."""
    post(company, kind, row)
    send(company, kind, company.row(kind, row.key))
    return 204


def _cancel_and_send(company: Company, row: Row, *, kind: str) -> int:
    cancel(company, kind, row)
    send(company, kind, company.row(kind, row.key))
    return 204


def _correct(company: Company, row: Row) -> int:
    correct(company, "salesInvoices", row)
    return 204


def _deliver(company: Company, row: Row, *, kind: str) -> int:
    return 204 if deliver_and_invoice(company, kind, row) else 200


def _convert(company: Company, row: Row, *, target: str) -> int:
    convert(company, row, target)
    return 204


def _journal(company: Company, row: Row) -> int:
    post_journal(company, row)
    return 204


def _then(status: int, deed: Callable[[Company, Row], None]) -> _Deed:
    def perform_it(company: Company, row: Row) -> int:
        deed(company, row)
        return status

    return perform_it


_INVOICE, _MEMO = "salesInvoices", "salesCreditMemos"
ACTIONS: dict[tuple[str, str], _Deed] = {
    (_INVOICE, "post"): partial(_post, kind=_INVOICE),
    (_INVOICE, "postAndSend"): partial(_post_and_send, kind=_INVOICE),
    (_INVOICE, "send"): partial(_send, kind=_INVOICE),
    (_INVOICE, "cancel"): partial(_cancel, kind=_INVOICE),
    (_INVOICE, "cancelAndSend"): partial(_cancel_and_send, kind=_INVOICE),
    (_INVOICE, "makeCorrectiveCreditMemo"): _correct,
    (_MEMO, "post"): partial(_post, kind=_MEMO),
    (_MEMO, "postAndSend"): partial(_post_and_send, kind=_MEMO),
    (_MEMO, "send"): partial(_send, kind=_MEMO),
    (_MEMO, "cancel"): partial(_cancel, kind=_MEMO),
    (_MEMO, "cancelAndSend"): partial(_cancel_and_send, kind=_MEMO),
    ("salesQuotes", "makeInvoice"): partial(_convert, target=_INVOICE),
    ("salesQuotes", "makeOrder"): partial(_convert, target="salesOrders"),
    ("salesQuotes", "send"): partial(_send, kind="salesQuotes"),
    ("salesOrders", "shipAndInvoice"): partial(_deliver, kind="salesOrders"),
    ("purchaseInvoices", "post"): partial(_post, kind="purchaseInvoices"),
    ("purchaseCreditMemos", "post"): partial(_post, kind="purchaseCreditMemos"),
    ("purchaseCreditMemos", "cancel"): partial(_cancel, kind="purchaseCreditMemos"),
    ("purchaseOrders", "receiveAndInvoice"): partial(_deliver, kind="purchaseOrders"),
    ("journals", "post"): _journal,
    ("jobQueueEntries", "restart"): _then(204, job_queue.restart),
    ("configurationPackages", "import"): _then(200, configuration_packages.import_package),
    ("configurationPackages", "apply"): _then(200, configuration_packages.apply_package),
    ("extensionUpload", "upload"): _then(200, extensions.upload),
    ("extensions", "install"): _then(204, extensions.install),
    ("extensions", "uninstall"): _then(200, extensions.uninstall),
    ("extensions", "uninstallAndDeleteExtensionData"): _then(200, extensions.uninstall),
    ("extensions", "unpublish"): _then(204, extensions.unpublish),
    ("users", "getNewUsersFromOffice365"): _then(200, administration.fetch_users),
    ("users", "getNewUsersFromOffice365Async"): _then(201, administration.fetch_users),
    ("features", "activate"): _then(200, administration.activate),
    ("features", "deactivate"): _then(200, administration.deactivate),
}
