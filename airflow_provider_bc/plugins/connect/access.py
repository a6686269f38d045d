"""Who may do what here: Airflow's own rights on connections, asked from its auth manager.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/auth-manager/index.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.models.connection import Connection
from airflow.sdk import conf
from fastapi import Depends, Form, HTTPException, Request

from airflow_provider_bc.plugins import PREFIX
from airflow_provider_bc.plugins.connect.seal import BrokenSeal, configured_seal

Right = Literal["GET", "PUT"]

FORM_SECONDS = 8 * 3600


def may(user: BaseUser, right: Right, conn_id: str | None) -> bool:
    """Ask Airflow whether somebody may read (``GET``) or edit (``PUT``) a connection.

    :param user: who.
    :param right: what.
    :param conn_id: which one; None for connections at all.
    """
    team = Connection.get_team_name(conn_id) if conn_id else None
    details = ConnectionDetails(conn_id=conn_id, team_name=team)
    return get_auth_manager().is_authorized_connection(method=right, details=details, user=user)


def requires(right: Right) -> Callable[[Request, BaseUser], BaseUser]:
    """Make a dependency that lets only those pass who have a right on the path's connection.

    :param right: see `may`.
    """

    def pass_if_allowed(request: Request, user: GetUserDep) -> BaseUser:
        conn_id = request.path_params.get("connection_id")
        if not may(user, right, conn_id):
            verb = {"GET": "see", "PUT": "edit"}[right]
            which = f"the connection {conn_id}" if conn_id else "connections"
            raise HTTPException(403, f"You may not {verb} {which}. Ask an Airflow administrator.")
        return user

    return pass_if_allowed


Reader = Annotated[BaseUser, Depends(requires("GET"))]
Editor = Annotated[BaseUser, Depends(requires("PUT"))]


def form_of(user: BaseUser) -> str:
    """Make the text that a form of ours brings back, to tell it from a foreign one."""
    return configured_seal().close("form", str(user.get_id()), {})


def own_form(request: Request, user: Editor, form: Annotated[str, Form()] = "") -> BaseUser:
    """Let only a form pass that this page gave to this user.

    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html

    :param request: with the browser's word on where the form stood.
    :param user: who sent it.
    :param form: from `form_of`.
    :raises HTTPException: it stood elsewhere, or is too old.
    """
    origin = request.headers.get("origin")
    hosts = {request.headers.get("host"), urlsplit(base_url()).netloc} - {None, ""}
    if origin is not None and urlsplit(origin).netloc not in hosts:
        raise HTTPException(403, "This form stood on another site. Begin on this page.")
    try:
        configured_seal().open("form", str(user.get_id()), form, FORM_SECONDS)
    except BrokenSeal as broken:
        raise HTTPException(
            403, f"This form is not accepted: {broken}. Open the page anew."
        ) from None
    return user


FormSender = Annotated[BaseUser, Depends(own_form)]


def base_url() -> str:
    """Read the address that people open Airflow at, without a slash at its end; empty if unset."""
    return (conf.get("api", "base_url", fallback="") or "").rstrip("/")


def login_url(request: Request) -> str:
    """Name Airflow's own way to its sign-in page, whatever auth manager it has, and back here.

    Not back to the callback: there is nothing to be done there without the code.
    """
    root = str(request.scope["root_path"])
    wanted = urlsplit(str(request.url)).path
    if wanted.rstrip("/") == f"{root}/callback":
        wanted = f"{root}/"
    origin = urlsplit(base_url())
    here = f"{origin.scheme}://{origin.netloc}{wanted}" if origin.netloc else wanted
    airflow = root.removesuffix(PREFIX)
    return f"{airflow}/api/v2/auth/login?{urlencode({'next': here})}"
