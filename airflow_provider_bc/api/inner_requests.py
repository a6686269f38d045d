"""The operations of a batch as the requests within it."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_bc.api.actions import check_arguments, known_action, space_of
from airflow_provider_bc.api.batch_outcomes import Operation
from airflow_provider_bc.api.entities import Entities, Target
from airflow_provider_bc.api.options import BatchOptions
from airflow_provider_bc.api.routes import STANDARD_API
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.batch import Inner
from airflow_provider_bc.odata.payload import entity_values

_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE", "act": "POST"}


class InnerRequests:
    """Checks operations against $metadata, and writes each as a request.

    :param entities: finds and addresses what is written.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    def of(
        self, operations: Sequence[Operation], options: BatchOptions
    ) -> Conversation[list[Inner]]:
        """Write all requests before the first is sent.

        :param operations: see `Operation`.
        :param options: which company of which API.
        :raises ConfigurationError: naming the place of an operation that cannot be right.
        """
        targets: dict[str, Target] = {}
        written = []
        for place, operation in enumerate(operations):
            try:
                if operation.entity_set not in targets:
                    found = yield from self._entities.target(operation.entity_set, options)
                    targets[operation.entity_set] = found
                written.append((yield from self._one(operation, targets[operation.entity_set])))
            except ConfigurationError as error:
                raise ConfigurationError(
                    f"Operation {place}: {error.message}", remedy=error.remedy
                ) from error
        return written

    def _one(self, operation: Operation, target: Target) -> Conversation[Inner]:
        if operation.verb not in _METHODS or (operation.record is None) != (
            operation.verb == "create"
        ):
            raise ConfigurationError(
                f"{operation.verb} with the record {operation.record!r:.60} is no operation.",
                remedy="A create has no record; update, delete and act have one.",
            )
        key, read = (None, None) if operation.record is None else target.key_of(operation.record)
        tail, body = "", operation.values
        if operation.verb == "act":
            action = known_action(target, operation.action or "")
            check_arguments(target, action, operation.values or {})
            tail = f"/{space_of(target)}.{action}"
        elif operation.verb != "delete":
            deep = operation.verb == "create"
            body = entity_values(body or {}, target.kind, target.metadata, deep=deep)
        url = yield from self._entities.url(target, key, tail)
        root = self._entities.exchange.routes.api(target.place.get("api", STANDARD_API))
        headers = {"Accept-Language": self._entities.exchange.settings.language}
        if etag := operation.etag or read or ("*" if operation.verb == "delete" else None):
            headers["If-Match"] = etag
        elif operation.verb == "update":
            raise ConfigurationError(
                "The update has no etag.", remedy="Give the row as it was read, or etag='*'."
            )
        method = _METHODS[operation.verb]
        return Inner(method, url.removeprefix(f"{root}/"), headers, body)
