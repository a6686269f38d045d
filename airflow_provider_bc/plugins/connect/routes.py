"""What can be looked at: the connections, one of them, and the examination of one."""

from __future__ import annotations

from airflow.api_fastapi.common.db.common import SessionDep
from fastapi import APIRouter, Request
from fastapi.responses import Response

from airflow_provider_bc.plugins.connect.access import FormSender, Reader, may
from airflow_provider_bc.plugins.connect.connections import chosen, existing, listed
from airflow_provider_bc.plugins.connect.examination import Examination
from airflow_provider_bc.plugins.connect.guarded import PageHook
from airflow_provider_bc.plugins.connect.pages import growing_page, page

router = APIRouter()


@router.get("/")
def show_connections(request: Request, user: Reader, session: SessionDep) -> Response:
    """List the connections that the user may see."""
    return page(request, "connections", connections=listed(user, session))


@router.get("/connections/{connection_id:path}")
def show_connection(request: Request, user: Reader, connection_id: str) -> Response:
    """Show one connection, and what can be done with it."""
    conn_id = existing(connection_id)
    editable = may(user, "PUT", conn_id)
    return page(request, "connection", user=user, chosen=chosen(conn_id), editable=editable)


@router.post("/connections/{connection_id:path}/check")
def check(request: Request, user: FormSender, connection_id: str) -> Response:
    """Examine a connection, and show each result as soon as it is known."""
    hook = PageHook(existing(connection_id))
    hook.refuse_if_reserved()
    return growing_page(request, "checks", user=user, examination=Examination(hook))
