"""From rows as they were read to candidates: checked, keyed, each key once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_bc.api.entities import Target
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.natural_keys import natural_key
from airflow_provider_bc.odata.payload import encode_json
from airflow_provider_bc.write_back.decision import Candidate
from airflow_provider_bc.write_back.journal import Journal, digest_of
from airflow_provider_bc.write_back.keys_seen import KeysSeen
from airflow_provider_bc.write_back.outcomes import Refusal, RowOutcome, SourceRow, Write
from airflow_provider_bc.write_back.own_ids import OwnIds
from airflow_provider_bc.write_back.plan import Plan
from airflow_provider_bc.write_back.validation import Validation

OWN_ID = ("id",)
"""How a row is found that has no natural key: by the id that this task gives it."""


class Intake:
    """Takes the rows of the source, one after another.

    :param target: the entity set.
    :param plan: what the write-back shall do.
    :param ids: those of what is created.
    :param seen: which keys came already.
    :raises ConfigurationError: when rows without a natural key cannot be told apart.
    """

    def __init__(self, target: Target, plan: Plan, ids: OwnIds, seen: KeysSeen) -> None:
        if not plan.by and not ids.taken:
            raise ConfigurationError(
                f"Records of {target.path} take no ids: a retry would create them twice.",
                remedy="Name a natural key in by.",
            )
        self._target = target
        self._by = plan.by
        self._ids = ids
        self._seen = seen
        self._validation = Validation(target, plan)
        self._begun = False

    def recall(self, journal: Journal) -> None:
        """Learn what earlier attempts set out to do.

        :param journal: that they kept.
        """
        for write, digests in journal.earlier():
            self._seen.say(digests, write)

    def take(self, row: SourceRow) -> Candidate | RowOutcome:
        """Take a row.

        :param row: as it was read.
        :return: what can be written, or why it cannot.
        :raises ConfigurationError: when the columns of the first row are not those to be written.
        """
        if not self._begun:
            self._validation.check_columns(row.values)
            self._begun = True
        values = self._validation.values(row)
        if isinstance(values, Refusal):
            return RowOutcome(row, "refused", self._validation.key(row), refusal=values)
        if self._by or "id" in values:
            return self._keyed(row, values)
        return self._keyless(row, values)

    def _keyed(self, row: SourceRow, values: Mapping[str, Any]) -> Candidate | RowOutcome:
        by = self._by or OWN_ID
        key = natural_key(self._target.kind, values, by)
        first, times = self._seen.see(key, row.number)
        if times > 1:
            refusal = Refusal("duplicate_key", f"Row {first} has the same {' and '.join(by)}.")
            return RowOutcome(row, "refused", {name: values[name] for name in by}, refusal=refusal)
        own_id = None if "id" in values else self._ids.of(key)
        said = self._seen.said(digest_of(key))
        intended: Write | None = "created" if said == "created" else "updated" if said else None
        return Candidate(row, values, key, own_id, intended)

    def _keyless(self, row: SourceRow, values: Mapping[str, Any]) -> Candidate:
        """Know a row by its content, and by how many such rows came before."""
        content = digest_of((encode_json(values).decode(),))
        _, times = self._seen.see((content,), row.number)
        own_id = self._ids.of((content, str(times)))
        whole = {"id": own_id} | dict(values)
        return Candidate(row, whole, natural_key(self._target.kind, whole, OWN_ID), own_id)
