"""The app that the API server mounts: its headers, and what it answers when something is wrong."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.plugins.connect import routes, sign_in_routes
from airflow_provider_bc.plugins.connect.access import login_url
from airflow_provider_bc.plugins.connect.headers import SecurityHeaders
from airflow_provider_bc.plugins.connect.pages import Trouble, page
from airflow_provider_bc.plugins.connect.query import HiddenQuery

_UNAUTHORIZED = 401


def refuse(request: Request, error: Exception) -> Response:
    """Show what is wrong; send who is not signed in to Airflow's own page, and back afterwards.

    :param request: which is refused.
    :param error: an `HTTPException`.
    """
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code == _UNAUTHORIZED:
        return RedirectResponse(login_url(request), 303)
    trouble = Trouble(str(error.detail))
    return page(request, "trouble", status=error.status_code, trouble=trouble, conn_id="")


def explain(request: Request, error: Exception) -> Response:
    """Show an error of ours with cause and remedy.

    :param request: which it ended.
    :param error: a `BusinessCentralError`.
    """
    assert isinstance(error, BusinessCentralError)  # noqa: S101 - registered for nothing else
    conn_id = str(request.path_params.get("connection_id", ""))
    return page(request, "trouble", status=400, trouble=Trouble.of(error), conn_id=conn_id)


def create() -> FastAPI:
    """Make the app; it describes itself to nobody."""
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    made.add_middleware(SecurityHeaders)
    made.add_middleware(HiddenQuery)  # the last one added comes first
    made.add_exception_handler(StarletteHTTPException, refuse)
    made.add_exception_handler(BusinessCentralError, explain)
    # In this order, since an id of a connection may hold slashes: …/outcome is no id's end.
    made.include_router(sign_in_routes.router)
    made.include_router(routes.router)
    static = files(__package__) / "static"
    made.mount("/static", StaticFiles(directory=str(static)), name="static")
    return made


app = create()
