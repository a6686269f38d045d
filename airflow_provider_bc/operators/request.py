"""Call any endpoint of Business Central."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from airflow_provider_bc.api.options import Within
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.wire import Response

LARGEST_RESULT = 49_152
"""Bytes that may go to XCom, which lives in Airflow's own database."""


class BusinessCentralRequestOperator(BaseOperator):
    """Send one request, and return its decoded answer as XCom.

    Bound actions, single records, custom APIs: whatever the other operators have no name for.
    A POST, PATCH or DELETE is repeated only when it certainly was not carried out.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure

    :param path: e.g. ``salesInvoices(5d115c9c-…)/Microsoft.NAV.post`` (templated).
    :param method: ``GET``, ``POST``, ``PATCH``, ``PUT`` or ``DELETE`` (templated).
    :param within: what the path is below: ``company``, the root of the ``api``, or the ``host``.
    :param api: ``v2.0``, ``publisher/group/version`` or ``ODataV4`` (templated).
    :param query: query parameters, not yet percent-encoded (templated).
    :param json: a value to be sent as JSON (templated).
    :param headers: e.g. ``{"If-Match": "*"}`` (templated).
    :param bc_conn_id: the connection (templated).
    :param environment: an environment in place of the connection's (templated).
    :param tenant_id: a tenant in place of the connection's, for an app that serves several
        (templated).
    :param company: a company in place of the connection's (templated).
    :param largest_result: bytes of answer that may go to XCom; a larger one fails the task.
    """

    template_fields: Sequence[str] = (
        "bc_conn_id",
        "environment",
        "tenant_id",
        "company",
        "api",
        "method",
        "path",
        "query",
        "json",
        "headers",
    )
    template_fields_renderers = {"json": "json", "query": "json", "headers": "json"}  # noqa: RUF012 - Airflow's own spelling
    ui_color = "#d6eef5"

    def __init__(
        self,
        *,
        path: str,
        method: str = "GET",
        within: Within = "company",
        api: str = STANDARD_API,
        query: Mapping[str, str | int | bool] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        bc_conn_id: str = BusinessCentralHook.default_conn_name,
        environment: str | None = None,
        tenant_id: str | None = None,
        company: str | None = None,
        largest_result: int = LARGEST_RESULT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.method = method
        self.within = within
        self.api = api
        self.query = query
        self.json = json
        self.headers = headers
        self.bc_conn_id = bc_conn_id
        self.environment = environment
        self.tenant_id = tenant_id
        self.company = company
        self.largest_result = largest_result

    def execute(self, context: Context) -> Any:
        """Send the request.

        :return: the decoded JSON, in which numbers with a fraction are exact text, since XCom would
            make floats of them; the text of any other answer; None for an empty one.
        :raises AirflowFailException: for an answer too large for XCom.
        """
        del context
        with airflow_failures(), self._hook() as hook:
            response = hook.request(
                self.method,
                self.path,
                within=self.within,
                api=self.api,
                query=self.query or {},
                json=self.json,
                headers=self.headers or {},
            )
            self.log.info("HTTP %d, %d bytes", response.status, len(response.body))
            self._guard(response)
            return _content(response)

    def _hook(self) -> BusinessCentralHook:
        return BusinessCentralHook(
            self.bc_conn_id,
            environment=self.environment,
            company=self.company,
            tenant_id=self.tenant_id,
        )

    def _guard(self, response: Response) -> None:
        if len(response.body) > self.largest_result:
            raise ConfigurationError(
                f"The answer has {len(response.body)} bytes; XCom takes {self.largest_result} "
                "here. The request was carried out.",
                remedy="Ask for less with $select and $top, move rows with "
                "BusinessCentralToObjectStorageOperator, or raise largest_result.",
            )


def _content(response: Response) -> Any:
    if not response.body:
        return None
    kind = response.headers.get("content-type", "")
    try:
        if "json" in kind:
            return json.loads(response.body, parse_float=str)
        return response.body.decode("utf-8-sig")
    except ValueError as error:
        raise UnexpectedAnswer(
            f"The answer, of type {kind or 'unknown'}, cannot be read: {error}.",
            remedy="The request was carried out. Use the hook for binary content.",
        ) from error
