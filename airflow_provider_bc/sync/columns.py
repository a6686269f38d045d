"""Rows as Arrow columns, typed by ``$metadata``, without losing a digit.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_PrimitiveTypes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Navigation, Property
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.query import Expand

DECIMAL = pa.decimal128(38, 20)
"""How Business Central itself stores a Decimal (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/decimal/decimal-data-type)."""

TIMESTAMP = pa.timestamp("us", tz="UTC")
_UNSET_DATE = "0001-01-01"
_STREAM = "Edm.Stream"

_decode_cached = cache(decode_name)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its Arrow type, and how values become an array."""

    name: str
    type: pa.DataType
    encode: Callable[[list[Any]], pa.Array]


class Columns:
    """The columns of an entity set, in the order of ``$metadata``.

    Enums are decoded, unset dates (0001-01-01) become null, streams are left out, and expanded
    entities become structs or lists of structs.

    :param metadata: of the API.
    :param entity_type: of the rows.
    :param select: the fields to take; none for all.
    :param expand: the navigation properties to take.
    :raises ConfigurationError: for a name that the entity type does not have.
    """

    def __init__(
        self,
        metadata: Metadata,
        entity_type: EntityType,
        select: Sequence[str] = (),
        expand: Sequence[Expand] = (),
    ) -> None:
        names = _canonical(entity_type, select)
        properties = [entity_type.properties[name] for name in names]
        self.columns = [_column(one) for one in properties if one.type != _STREAM]
        self.columns += [_expanded(metadata, entity_type, one) for one in expand]
        self.schema = pa.schema([pa.field(one.name, one.type) for one in self.columns])
        self.known = {one.name for one in self.columns} | {
            one.name for one in properties if one.type == _STREAM
        }

    def batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """Turn rows into a record batch.

        :param rows: entities, as they were decoded.
        :return: a batch of `schema`.
        :raises UnexpectedAnswer: for a value that does not fit its type, naming the field.
        """
        return pa.RecordBatch.from_arrays(self._arrays(rows), schema=self.schema)

    def unknown_fields(self, row: Row) -> set[str]:
        """Name the fields of a row that no column takes, annotations aside."""
        return {name for name in row if "@" not in name} - self.known

    def missing_fields(self, row: Row) -> set[str]:
        """Name the columns for which a row has no field."""
        return {column.name for column in self.columns} - row.keys()

    def _arrays(self, rows: Sequence[Row]) -> list[pa.Array]:
        arrays = []
        for column in self.columns:
            name = column.name
            try:
                arrays.append(column.encode([row.get(name) for row in rows]))
            except (ArithmeticError, TypeError, ValueError) as error:
                raise UnexpectedAnswer(
                    f"A value of {name!r} does not fit {column.type}: {error}.",
                    remedy=f"Leave {name} out with select, and report this.",
                ) from error
        return arrays

    def structs(self, entities: Sequence[Row | None]) -> pa.Array:
        """Turn entities into structs, for a column that holds them.

        :param entities: None where there is none.
        :return: an array of structs with the fields of `schema`.
        """
        for entity in entities:
            if not isinstance(entity, dict | None):
                raise TypeError(f"{entity!r:.60} is no entity")
        missing = pa.array([entity is None for entity in entities], pa.bool_())
        arrays = self._arrays([entity or {} for entity in entities])
        return pa.StructArray.from_arrays(arrays, fields=list(self.schema), mask=missing)


def _canonical(entity_type: EntityType, select: Sequence[str]) -> list[str]:
    """Give the names as ``$metadata`` spells them: ``$select`` ignores case, rows do not."""
    if not select:
        return list(entity_type.properties)
    spelled = {name.lower(): name for name in entity_type.properties}
    unknown = [name for name in select if name.lower() not in spelled]
    if unknown:
        raise ConfigurationError(
            f"{entity_type.name} has no field {', '.join(unknown)}.",
            remedy=f"It has {', '.join(sorted(entity_type.properties))}.",
        )
    wanted = {name.lower() for name in select}
    return [name for lower, name in spelled.items() if lower in wanted]


def _column(one: Property) -> Column:
    if one.is_enum:
        return Column(one.name, pa.string(), _enums)
    kind, encode = _TYPES.get(one.type, (pa.string(), _texts))
    return Column(one.name, kind, encode)


def _expanded(metadata: Metadata, parent: EntityType, expand: Expand) -> Column:
    navigation = parent.navigation.get(expand.name)
    if navigation is None:
        raise ConfigurationError(
            f"{parent.name} has no navigation property {expand.name!r}.",
            remedy=f"It has {', '.join(sorted(parent.navigation)) or 'none'}.",
        )
    target = metadata.entity_types.get(navigation.target)
    if target is None:
        raise ConfigurationError(
            f"{expand.name!r} leads to {navigation.target}, which $metadata does not describe.",
            remedy="Leave it out of expand.",
        )
    within = [one if isinstance(one, Expand) else Expand(one) for one in expand.expand]
    return _nested(navigation, Columns(metadata, target, expand.select, within))


def _nested(navigation: Navigation, columns: Columns) -> Column:
    struct = pa.struct(list(columns.schema))
    if not navigation.many:
        return Column(navigation.name, struct, columns.structs)

    def lists(values: list[list[Row] | None]) -> pa.Array:
        for value in values:
            if not isinstance(value, list | None):
                raise TypeError(f"{value!r:.60} is no list")
        offsets = [0, *accumulate(len(value or ()) for value in values)]
        flat = [entity for value in values for entity in value or ()]
        missing = pa.array([value is None for value in values], pa.bool_())
        return pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()),
            columns.structs(flat),
            mask=missing,
        )

    return Column(navigation.name, pa.list_(struct), lists)


def _plain(kind: pa.DataType) -> Callable[[list[Any]], pa.Array]:
    return lambda values: pa.array(values, kind)


def _integers(kind: pa.DataType) -> Callable[[list[Any]], pa.Array]:
    def integers(values: list[Any]) -> pa.Array:
        for value in values:
            if isinstance(value, Decimal) and value % 1:  # Arrow would drop the fraction
                raise ValueError(f"{value} is not whole")
        return pa.array(values, kind)

    return integers


def _floats(kind: pa.DataType) -> Callable[[list[Any]], pa.Array]:
    return lambda values: pa.array([None if v is None else float(v) for v in values], kind)


def _texts(values: list[Any]) -> pa.Array:
    return pa.array(
        [value if value is None or isinstance(value, str) else str(value) for value in values],
        pa.string(),
    )


def _enums(values: list[Any]) -> pa.Array:
    return pa.array([None if v is None else _decode_cached(v) for v in values], pa.string())


def _dates(values: list[Any]) -> pa.Array:
    return _set(pa.array(values, pa.string())).cast(pa.date32())


def _timestamps(values: list[Any]) -> pa.Array:
    texts = _set(pa.array(values, pa.string()))
    # Arrow reads at most six digits of a fraction; a seventh is truncated, which a watermark with
    # "ge" forgives.
    return pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1").cast(TIMESTAMP)


def _set(texts: pa.Array) -> pa.Array:
    """Replace the unset date by null: it means "nothing", not the year 1."""
    unset = pc.fill_null(pc.starts_with(texts, _UNSET_DATE), fill_value=False)
    return pc.if_else(unset, pa.scalar(None, pa.string()), texts)


_TYPES: dict[str, tuple[pa.DataType, Callable[[list[Any]], pa.Array]]] = {
    "Edm.Boolean": (pa.bool_(), _plain(pa.bool_())),
    "Edm.Byte": (pa.int16(), _integers(pa.int16())),
    "Edm.Date": (pa.date32(), _dates),
    "Edm.DateTimeOffset": (TIMESTAMP, _timestamps),
    "Edm.Decimal": (DECIMAL, _plain(DECIMAL)),
    "Edm.Double": (pa.float64(), _floats(pa.float64())),
    "Edm.Int16": (pa.int16(), _integers(pa.int16())),
    "Edm.Int32": (pa.int32(), _integers(pa.int32())),
    "Edm.Int64": (pa.int64(), _integers(pa.int64())),
    "Edm.SByte": (pa.int8(), _integers(pa.int8())),
    "Edm.Single": (pa.float32(), _floats(pa.float32())),
}
