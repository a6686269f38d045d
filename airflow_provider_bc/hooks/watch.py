"""What is awaited: a question that a worker and the triggerer ask in the same words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_bc.client import Vocabulary
from airflow_provider_bc.delivery import Conversation

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Watch(ABC):
    """Something that comes to pass in Business Central; JSON scalars, so that it can travel.

    https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html
    """

    def arguments(self) -> dict[str, Scalar]:
        """Give the question as JSON scalars by name."""
        return asdict(self)

    @property
    @abstractmethod
    def subject(self) -> str:
        """What is awaited, in a few words for a log: ``copy of Production``."""

    @abstractmethod
    def look(self, client: Vocabulary) -> Conversation[dict[str, Any] | None]:
        """Look once.

        :param client: the client that performs this.
        :return: what came to pass, as a small JSON payload; None for "not yet".
        :raises BusinessCentralError: when it will not come to pass any more; one of
            `UNCERTAIN` when nobody can tell at the moment.
        """

    def cancel(self, client: Vocabulary) -> Conversation[None] | None:
        """Stop what is awaited, where the API can; None where it can't.

        :param client: the client that performs this.
        """
        del client
        return None
