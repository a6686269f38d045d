"""When an entity set gains, loses or widens fields: what a stored table can follow."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from airflow_provider_bc.errors import ConfigurationError

_WIDER = {
    pa.int8(): (pa.int16(), pa.int32(), pa.int64()),
    pa.int16(): (pa.int32(), pa.int64()),
    pa.int32(): (pa.int64(),),
    pa.float32(): (pa.float64(),),
}


@dataclass(frozen=True, slots=True)
class Drift:
    """How the fields differ from what is stored.

    :param added: fields that are new; rows that are not read again have null there.
    :param widened: fields whose type became larger.
    :param missing: fields that are no longer sent, and null from now on.
    """

    added: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def grows(self) -> bool:
        """Whether the table must change."""
        return bool(self.added or self.widened)

    def __bool__(self) -> bool:
        return bool(self.added or self.widened or self.missing)

    def __str__(self) -> str:
        parts = [
            f"{label} {', '.join(names)}"
            for label, names in (
                ("came:", self.added),
                ("became wider:", self.widened),
                ("went:", self.missing),
            )
            if names
        ]
        return f"Fields {'; '.join(parts)}" if parts else "No field changed"


def follow(stored: pa.Schema | None, sent: pa.Schema) -> tuple[pa.Schema, Drift]:
    """Say which columns a table has from now on.

    :param stored: the columns that it has, None for a new table.
    :param sent: those of the rows that arrive.
    :return: the stored columns as wide as needed, new ones behind them; and what changed.
    :raises ConfigurationError: for a type that cannot be followed, naming the field.
    """
    if stored is None:
        return sent, Drift()
    fields, widened = [], []
    for field in stored:
        place = sent.get_field_index(field.name)
        wanted = field.type if place < 0 else sent.field(place).type
        if wanted != field.type and wanted in _WIDER.get(field.type, ()):
            widened.append(field.name)
        elif wanted != field.type and field.type not in _WIDER.get(wanted, ()):
            raise ConfigurationError(
                f"{field.name} was {field.type}, and is {wanted} now.",
                remedy='Load into another place, or once with mode="full" into an empty one.',
            )
        else:
            wanted = field.type
        fields.append(pa.field(field.name, wanted))
    new = [field for field in sent if field.name not in stored.names]
    missing = tuple(name for name in stored.names if name not in sent.names)
    drift = Drift(tuple(field.name for field in new), tuple(widened), missing)
    return pa.schema([*fields, *new]), drift


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch the columns of a table: null where it has none, as wide as they are.

    :param batch: the rows.
    :param schema: the columns of the table.
    """
    if batch.schema == schema:
        return batch
    arrays = [
        batch[field.name].cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
