"""Call any endpoint of Business Central."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from airflow.sdk import Context

from airflow_provider_bc.api.options import Within
from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.hooks.failures import airflow_failures
from airflow_provider_bc.links.business_central import BusinessCentralEnvironmentLink
from airflow_provider_bc.operators.company_operator import CompanyOperator
from airflow_provider_bc.operators.earlier_try import perhaps_done
from airflow_provider_bc.wire import Response

LARGEST_RESULT = 49_152
"""Bytes that may go to XCom, which lives in Airflow's own database."""


class BusinessCentralRequestOperator(CompanyOperator):
    """Send one request, and return its decoded answer as XCom.

    Bound actions, single records, custom APIs: whatever the other operators have no name for.
    A POST, PATCH or DELETE is repeated only when it certainly was not carried out; where that is
    unknown the task fails, whatever its ``retries``.
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure

    :param path: e.g. ``salesInvoices(5d115c9c-…)/Microsoft.NAV.post`` (templated).
    :param method: ``GET``, ``POST``, ``PATCH``, ``PUT`` or ``DELETE`` (templated).
    :param within: what the path is below: ``company``, the root of the ``api``, or the ``host``.
    :param query: query parameters, not yet percent-encoded (templated).
    :param json: a value to be sent as JSON (templated).
    :param headers: e.g. ``{"If-Match": "*"}`` (templated).
    :param largest_result: bytes of answer that may go to XCom; a larger one fails the task.
    :param kwargs: the arguments of `CompanyOperator`, and Airflow's own.
    """

    template_fields: Sequence[str] = (
        *CompanyOperator.template_fields,
        "method",
        "path",
        "query",
        "json",
        "headers",
    )
    template_fields_renderers = {"json": "json", "query": "json", "headers": "json"}  # noqa: RUF012 - Airflow's own spelling

    operator_extra_links = (BusinessCentralEnvironmentLink(),)

    def __init__(
        self,
        *,
        path: str,
        method: str = "GET",
        within: Within = "company",
        query: Mapping[str, str | int | bool] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        largest_result: int = LARGEST_RESULT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.method = method
        self.within = within
        self.query = query
        self.json = json
        self.headers = headers
        self.largest_result = largest_result

    def execute(self, context: Context) -> Any:
        """Send the request.

        :return: the decoded JSON, in which numbers with a fraction are exact text, since XCom would
            make floats of them; the text of any other answer; None for an empty one.
        :raises AirflowFailException: for an answer too large for XCom.
        """
        with airflow_failures(), self._perhaps_done(context), self.hook() as hook:
            BusinessCentralEnvironmentLink.persist(context, hook)
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

    def _perhaps_done(self, context: Context) -> AbstractContextManager[None]:
        return nullcontext() if self.method.upper() == "GET" else perhaps_done(context)

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
