"""A sign-in on its way: to Microsoft, back with a code, and on to an address without it."""

from __future__ import annotations

import logging

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from airflow_provider_bc.auth.authorization_code import BegunSignIn
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.plugins.connect import sign_in
from airflow_provider_bc.plugins.connect.access import FormSender, Reader, base_url, may
from airflow_provider_bc.plugins.connect.connections import existing
from airflow_provider_bc.plugins.connect.cookies import OUTCOME, OUTCOME_SECONDS, give, take
from airflow_provider_bc.plugins.connect.guarded import PageHook
from airflow_provider_bc.plugins.connect.pages import Trouble, page, page_of, shortened
from airflow_provider_bc.plugins.connect.query import hidden_query
from airflow_provider_bc.plugins.connect.seal import BrokenSeal, configured_seal

log = logging.getLogger(__name__)
router = APIRouter()


@router.post("/connections/{connection_id:path}/connect")
def leave(request: Request, user: FormSender, connection_id: str) -> Response:
    """Send the browser to Microsoft.

    By a header and not by a redirect: our policy lets a form lead to this page only, and browsers
    hold every redirect behind a form to that, also Microsoft's own to a company's sign-in page.
    https://www.w3.org/TR/CSP3/#directive-form-action
    """
    conn_id = existing(connection_id)
    with PageHook(conn_id) as hook:
        begun = hook.begin_sign_in(sign_in.redirect_uri(hook.settings))
    content = sign_in.sealed(configured_seal(), str(user.get_id()), conn_id, begun)
    answer = page(request, "away", conn_id=conn_id)
    answer.headers["refresh"] = f"0; url={begun.url}"
    give(request, answer, sign_in.cookie_of(begun.state), content, sign_in.SIGN_IN_SECONDS)
    return answer


@router.get("/callback")
def come_back(request: Request, user: GetUserDep) -> Response:
    """Finish the sign-in that this browser began, and go on to an address without the code."""
    query = hidden_query(request)
    name = sign_in.cookie_of(sign_in.state_in(query))
    try:
        cookie = request.cookies.get(name, "")
        conn_id, begun = sign_in.opened(configured_seal(), str(user.get_id()), cookie)
    except BrokenSeal as broken:
        return _refused(request, name, str(broken))
    if not may(user, "PUT", conn_id):
        raise HTTPException(403, f"You may not edit the connection {conn_id}.")
    outcome = configured_seal().close(
        "outcome",
        str(user.get_id()),
        {"conn_id": conn_id, **_finished(user, conn_id, begun, query)},
    )
    answer = RedirectResponse(f"{page_of(request, conn_id)}/outcome", 303)
    answer.headers["referrer-policy"] = "no-referrer"
    take(request, answer, name)
    give(request, answer, OUTCOME, outcome, OUTCOME_SECONDS)
    return answer


@router.get("/connections/{connection_id:path}/outcome")
def show_outcome(request: Request, user: Reader, connection_id: str) -> Response:
    """Show how the sign-in ended, once; afterwards the connection."""
    try:
        cookie = request.cookies.get(OUTCOME, "")
        outcome = configured_seal().open("outcome", str(user.get_id()), cookie, OUTCOME_SECONDS)
    except BrokenSeal:
        outcome = {}
    if outcome.pop("conn_id", None) != connection_id:
        return RedirectResponse(page_of(request, connection_id), 303)
    account = outcome.pop("account", None)
    if account is None:
        answer: Response = page(
            request, "trouble", status=400, trouble=Trouble(**outcome), conn_id=connection_id
        )
    else:
        answer = page(request, "connected", user=user, conn_id=connection_id, account=account)
    take(request, answer, OUTCOME)
    return answer


def _finished(user: BaseUser, conn_id: str, begun: BegunSignIn, query: str) -> dict[str, str]:
    """Finish, and say how it ended."""
    try:
        with PageHook(conn_id) as hook:
            account = hook.finish_sign_in(begun, query) or ""
    except AirflowNotFoundException:
        log.warning("The connection %s was deleted before its sign-in was finished.", conn_id)
        cause = f"The connection {conn_id} was deleted meanwhile; nothing is kept."
        return Trouble(cause, "Create it anew in Airflow, and begin again.").as_dict()
    except BusinessCentralError as error:
        log.warning("The sign-in for the connection %s failed: %s", conn_id, error)
        return Trouble.of(error).as_dict()
    log.info("%s signed in for the connection %s.", user.get_name(), conn_id)
    return {"account": shortened(account)}


def _refused(request: Request, name: str, why: str) -> Response:
    """Refuse what nobody began here; Microsoft is not asked, and its code lapses."""
    own = base_url() or "its own address"
    trouble = Trouble(
        f"This sign-in cannot be finished: {why}. It counts once, for ten minutes, in the browser "
        "and for the Airflow user that began it.",
        f"Begin again on this page, with Airflow opened at {own}.",
    )
    answer = page(request, "trouble", status=400, trouble=trouble, conn_id="")
    answer.headers["referrer-policy"] = "no-referrer"
    take(request, answer, name)
    return answer
