"""A client joined with the emulator in memory, with somebody between the two."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.api.principals import Principal, Principals
from airflow_provider_bc.api.routes import Routes
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.emulator import Emulator
from airflow_provider_bc.emulator.connection import connection_of
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.record_verbs import RecordVerbs
from airflow_provider_bc.settings import Settings
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from airflow_provider_bc.write_back.journal import Journal, NoJournal
from airflow_provider_bc.write_back.outcomes import RowOutcome
from airflow_provider_bc.write_back.plan import Plan
from airflow_provider_bc.write_back.run import WriteBack
from tests.peer import PATIENT

T = TypeVar("T")

NEW: dict[str, Any] = {"number": "W1", "displayName": "New", "creditLimit": Decimal("0.10")}
"""A customer to be written."""

Meddle = Callable[[Request], Response | Lost | None]
"""Is shown each request to the API; what it returns is the answer in the service's stead."""


class Meddler(RecordVerbs):
    """Performs conversations with the emulator; pauses pass at once.

    :param emulator: which nobody else speaks to.
    """

    def __init__(self, emulator: Emulator) -> None:
        connection = connection_of(emulator, "http://127.0.0.1:80")
        settings = Settings.from_connection(
            login=connection["login"],
            password=connection["password"],
            host=connection["host"],
            port=connection["port"],
            extra=connection["extra"],
        )
        principals = Principals([Principal.of(settings)])
        exchange = Exchange(settings, Routes(settings), TokenCache(), PATIENT, principals)
        self.entities = Entities(exchange, Operations(exchange))
        self.emulator = emulator
        self.batches: list[list[dict[str, Any]]] = []
        self.pauses: list[Pause] = []
        self.meddles: list[Meddle] = []
        self.looks: list[Meddle] = []

    @property
    def company(self) -> Company:
        return self.emulator.companies[0]

    def there(self, **values: Any) -> str:
        """Create a customer, as somebody else does; give its id."""
        return str(self.company.create("customers", values)["id"])

    def change(self, key: str, **values: Any) -> None:
        """Change a customer, as somebody else does."""
        self.company.update("customers", key, values)

    def version(self, key: str) -> int:
        """Say how often a customer was written."""
        row: Any = self.company.row("customers", key)
        return int(row.version)

    def customers(self, number: str) -> list[dict[str, Any]]:
        """Give the customers of a number."""
        return [row for row in self.company.rows("customers") if row["number"] == number]

    def orders(self, number: str) -> list[dict[str, Any]]:
        """Give the sales orders of an external document number."""
        rows = self.company.rows("salesOrders")
        return [row for row in rows if row["externalDocumentNumber"] == number]

    def upon_batches(self, *meddles: Meddle | None) -> None:
        """Meddle with the next batches, each in its own way; None lets one pass."""
        self.meddles += [meddle or (lambda _: None) for meddle in meddles]

    def carried_out_but_lost(self, request: Request) -> Lost:
        """Let the service carry out a request whose answer nobody hears."""
        self.emulator.handle(request)
        return Lost("gone")

    def perform(self, conversation: Conversation[T]) -> T:
        answer: Response | Lost | None = None
        try:
            while True:
                step = conversation.send(answer)
                if isinstance(step, Pause):
                    self.pauses.append(step)
                    answer = None
                else:
                    answer = self._hear(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    def _hear(self, request: Request) -> Response | Lost:
        if request.url.endswith("/$batch"):
            self.batches.append(json.loads(request.body)["requests"])
            meddled = self.meddles.pop(0)(request) if self.meddles else None
            if meddled is not None:
                return meddled
        elif "$filter" in request.url and self.looks:
            meddled = self.looks.pop(0)(request)
            if meddled is not None:
                return meddled
        return self.emulator.handle(request)

    def write(
        self,
        rows: Iterable[Mapping[str, Any]],
        entity_set: str = "customers",
        *,
        run: str = "run",
        api: str = "v2.0",
        journal: Journal | None = None,
        **plan: Any,
    ) -> list[RowOutcome]:
        """Write rows back, one batch after another unless the plan says otherwise."""
        work = WriteBack(
            self,
            entity_set,
            Plan(**{"workers": 1, **plan}),
            place={"api": api},
            run=run,
            journal=journal or NoJournal(),
        )
        return [one for some in work.write(rows) for one in some]


def told(outcomes: Iterable[RowOutcome]) -> list[str]:
    """Give each outcome in a word: the code of a refusal, else what was done."""
    return [one.refusal.code if one.refusal else one.outcome for one in outcomes]


def order(number: str, **values: Any) -> dict[str, Any]:
    """Make a sales order to be written."""
    return {"externalDocumentNumber": number, "customerNumber": "10000", **values}


def void(_: object) -> None:
    """Let a meddle that does something answer nothing."""
