"""Rows as Arrow columns, typed by ``$metadata``, without losing a digit.

A number with a fraction stays the text that was sent, until Arrow reads that text as a decimal: no
float and no Python object stands between.
https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_PrimitiveTypes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from itertools import accumulate
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_bc.errors import ConfigurationError, UnexpectedAnswer
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Navigation, Property
from airflow_provider_bc.odata.names import decode_name
from airflow_provider_bc.odata.page import Row
from airflow_provider_bc.odata.query import Expand

DECIMAL = pa.decimal128(38, 20)
"""How Business Central itself stores a Decimal (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/methods-auto/decimal/decimal-data-type)."""

# Arrow overflows without a word: to 128 bits where a text has more than 38 digits, to 256 bits
# where it has some twenty more than 76, or an exponent as small as that.
_WIDE_DECIMAL = pa.decimal256(76, 20)
_UNUSUAL_NUMERAL = "[0-9.][eE]|.{77}"
_PLACES = Decimal("1E-20")
_EXACT = Context(prec=38, traps=[Inexact, InvalidOperation])

TIMESTAMP = pa.timestamp("us", tz="UTC")

PAGES = pa.system_memory_pool()
"""Where pages are made: Arrow's own pool keeps for each thread what that thread has freed."""

_UNSET_DATE = "0001-01-01"
_STREAM = "Edm.Stream"


class Numeral(str):
    """A number with a fraction, as the text that was sent."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    :param name: of the property.
    :param type: of its values as they are stored.
    :param encode: makes an array of decoded values.
    :param sent: the type as which Arrow's own JSON reader reads it, None where it cannot.
    :param finish: makes an array of `type` of one of `sent`.
    """

    name: str
    type: pa.DataType
    encode: Callable[[Sequence[Any]], pa.Array]
    sent: pa.DataType | None = None
    finish: Callable[[pa.Array], pa.Array] = lambda array: array


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
        self.next_links = [
            f"{one.name}@odata.nextLink" for one in self.columns if pa.types.is_nested(one.type)
        ]
        self.known = {one.name for one in self.columns} | {
            one.name for one in properties if one.type == _STREAM
        }

    def batch(self, values: Sequence[Sequence[Any]]) -> pa.RecordBatch:
        """Turn values into a record batch.

        :param values: for each column its values; numbers with a fraction as text.
        :return: a batch of `schema`.
        :raises UnexpectedAnswer: for a value that does not fit its type, naming the field.
        """
        return pa.RecordBatch.from_arrays(self._arrays(values), schema=self.schema)

    def unknown_fields(self, row: Row) -> set[str]:
        """Name the fields of a row that no column takes, annotations aside."""
        return {name for name in row if "@" not in name} - self.known

    def missing_fields(self, row: Row) -> set[str]:
        """Name the columns for which a row has no field."""
        return {column.name for column in self.columns} - row.keys()

    def _arrays(self, values: Sequence[Sequence[Any]]) -> list[pa.Array]:
        arrays = []
        for column, given in zip(self.columns, values, strict=True):
            name = column.name
            try:
                arrays.append(column.encode(given))
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
            if entity and any(entity.get(link) for link in self.next_links):
                raise paged_within()
        missing = pa.array([entity is None for entity in entities], pa.bool_())
        rows = [entity or {} for entity in entities]
        arrays = self._arrays([[row.get(one.name) for row in rows] for one in self.columns])
        return pa.StructArray.from_arrays(arrays, fields=list(self.schema), mask=missing)


def paged_within() -> UnexpectedAnswer:
    """Say that an expanded entity has a next link, and so comes without some of its rows."""
    return UnexpectedAnswer(
        "An expanded entity comes in pages of its own, which are not followed.",
        remedy="Read it by itself, or through its parent with a smaller page_size.",
    )


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
        return Column(one.name, pa.string(), _enums, pa.string(), _enum_names)
    kind, encode = _TYPES.get(one.type, (pa.string(), _texts))
    return Column(one.name, kind, encode, *_SENT.get(kind, (kind,)))


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

    def lists(values: Sequence[list[Row] | None]) -> pa.Array:
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


def _plain(kind: pa.DataType) -> Callable[[Sequence[Any]], pa.Array]:
    return lambda values: pa.array(values, kind)


def _integers(kind: pa.DataType) -> Callable[[Sequence[Any]], pa.Array]:
    def integers(values: Sequence[Any]) -> pa.Array:
        try:
            return pa.array(values, kind)
        except pa.ArrowException:  # a text, or a number written with a point
            return pa.array([None if v is None else _whole(v) for v in values], kind)

    return integers


def _whole(value: Any) -> int:
    number = Decimal(str(value))
    if number % 1:  # Arrow would drop the fraction
        raise ValueError(f"{value} is not whole")
    return int(number)


def _floats(kind: pa.DataType) -> Callable[[Sequence[Any]], pa.Array]:
    return lambda values: pa.array([None if v is None else float(v) for v in values], kind)


def _decimals(values: Sequence[Any]) -> pa.Array:
    texts = _numerals(values)
    if not pc.any(pc.match_substring_regex(texts, _UNUSUAL_NUMERAL)).as_py():
        return texts.cast(_WIDE_DECIMAL).cast(DECIMAL)
    exact = [
        v if v is None else Decimal(v).quantize(_PLACES, context=_EXACT) for v in texts.to_pylist()
    ]
    return pa.array(exact, DECIMAL)


def _numerals(values: Sequence[Any]) -> pa.Array:
    if None in values:
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.array(list(map(str, values)), pa.string())


def _texts(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowException:  # a number where $metadata promises none, or a complex type
        return pa.array([v if v is None else _text(v) for v in values], pa.string())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _JSON.encode(value).decode()


def _as_sent(value: Any) -> msgspec.Raw:
    """Write a number as it was sent; JSON has no other value that msgspec does not know."""
    return msgspec.Raw(str(value).encode())


_JSON = msgspec.json.Encoder(enc_hook=_as_sent)


def _enums(values: Sequence[Any]) -> pa.Array:
    return _enum_names(pa.array(values, pa.string()))


def _enum_names(texts: pa.Array) -> pa.Array:
    found = texts.dictionary_encode()
    names = [decode_name(name) for name in found.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(found.indices)


def _dates(values: Sequence[Any]) -> pa.Array:
    return _dates_of(pa.array(values, pa.string()))


def _dates_of(texts: pa.Array) -> pa.Array:
    return _set(texts).cast(pa.date32(), memory_pool=PAGES)


def _timestamps(values: Sequence[Any]) -> pa.Array:
    return _timestamps_of(pa.array(values, pa.string()))


def _timestamps_of(given: pa.Array) -> pa.Array:
    texts = _set(given)
    try:
        return texts.cast(TIMESTAMP, memory_pool=PAGES)
    except pa.ArrowInvalid:
        # Arrow reads at most six digits of a fraction; a seventh is truncated, which a watermark
        # with "ge" forgives.
        return pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1").cast(TIMESTAMP)


def _set(texts: pa.Array) -> pa.Array:
    """Replace the unset date by null: it means "nothing", not the year 1."""
    unset = pc.fill_null(pc.starts_with(texts, _UNSET_DATE, memory_pool=PAGES), fill_value=False)
    return (
        pc.if_else(unset, pa.scalar(None, pa.string()), texts) if pc.any(unset).as_py() else texts
    )


_TYPES: dict[str, tuple[pa.DataType, Callable[[Sequence[Any]], pa.Array]]] = {
    "Edm.Boolean": (pa.bool_(), _plain(pa.bool_())),
    "Edm.Byte": (pa.int16(), _integers(pa.int16())),
    "Edm.Date": (pa.date32(), _dates),
    "Edm.DateTimeOffset": (TIMESTAMP, _timestamps),
    "Edm.Decimal": (DECIMAL, _decimals),
    "Edm.Double": (pa.float64(), _floats(pa.float64())),
    "Edm.Int16": (pa.int16(), _integers(pa.int16())),
    "Edm.Int32": (pa.int32(), _integers(pa.int32())),
    "Edm.Int64": (pa.int64(), _integers(pa.int64())),
    "Edm.SByte": (pa.int8(), _integers(pa.int8())),
    "Edm.Single": (pa.float32(), _floats(pa.float32())),
}

_SENT: dict[pa.DataType, tuple[pa.DataType, Callable[[pa.Array], pa.Array]]] = {
    DECIMAL: (_WIDE_DECIMAL, lambda array: array.cast(DECIMAL, memory_pool=PAGES)),
    TIMESTAMP: (pa.string(), _timestamps_of),
    pa.date32(): (pa.string(), _dates_of),
}
"""What Arrow's JSON reader reads in place of a type that it would read otherwise than we mean."""
