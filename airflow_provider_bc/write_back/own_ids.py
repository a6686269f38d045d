"""Ids that a write-back chooses for what it creates: the same in every attempt of a task.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/transition-to-api-v2.0
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from airflow_provider_bc.api.entities import Target
from airflow_provider_bc.api.records import takes_id
from airflow_provider_bc.odata.natural_keys import NaturalKey
from airflow_provider_bc.write_back.journal import digest_of


class OwnIds:
    """Makes ids of a run and of keys.

    :param target: the entity set.
    :param run: what the attempts of one task have in common.
    """

    def __init__(self, target: Target, run: str) -> None:
        self._name = f"{run}\n{target.path}"
        self.taken = takes_id(target)
        """Whether the entity set takes ids, as far as is known."""
        self.accepted = False
        """Whether it took one of these: what it refuses then is something else."""

    def of(self, key: NaturalKey) -> str | None:
        """Give the id of what is created with a key; None where no id is taken.

        :param key: the natural key.
        """
        if not self.taken:
            return None
        parts = ["airflow_provider_bc", "write-back", self._name, digest_of(key)]
        return str(uuid5(NAMESPACE_URL, "\n".join(parts)))
