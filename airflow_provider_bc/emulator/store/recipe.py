"""How computed rows are written: whole stretches at once, from pieces of text that repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, cycle, islice, repeat
from math import lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_bc.emulator.schema.model import Value

_MOST = 6000  # texts a piece may keep; neighbours that repeat sooner are kept as one


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose values follow from the number of the row.

    :param name: the property.
    :param write: writes the values of some rows as JSON.
    :param period: after how many rows the values repeat; 0 for never.
    :param whole: whether a number is an integer, not a decimal.
    """

    name: str
    write: Callable[[range], list[bytes]]
    period: int = 0
    whole: bool = False

    def value(self, number: int) -> Value:
        """Say the value in one row.

        :param number: the number of the row.
        :returns: the value as in a stored row.
        """
        text = self.write(range(number, number + 1))[0]
        if text[:1] in b'"tf':
            value: str | bool = json.loads(text)
            return value
        return int(text) if self.whole else Decimal(text.decode())


def repeating(name: str, values: Sequence[Value], every: int = 1) -> Column:
    """Make a column that takes its values in turn.

    :param name: the property.
    :param values: the values.
    :param every: how many rows in a row have the same value.
    :returns: the column.
    """
    texts = [_text(value).encode() for value in values]
    many = len(texts)
    whole = isinstance(values[0], int)
    period = many * every
    return Column(name, lambda ns: [texts[n // every % many] for n in ns], period, whole)


def _text(value: Value) -> str:
    """Write a value as JSON; a decimal without exponent and without zeros at its end."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return json.dumps(value, ensure_ascii=False)


def _together(columns: Sequence[Column]) -> list[list[Column]]:
    """Put neighbours together that may be kept as one text; the others stay alone."""
    groups: list[list[Column]] = []
    period = 0
    for column in columns:
        both = lcm(period, column.period)
        if both and both <= _MOST:
            groups[-1].append(column)
            period = both
        else:
            groups.append([column])
            period = column.period
    return groups


class Recipe:
    """Writes rows as JSON objects.

    :param columns: the columns in order; the first may be the etag.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        last = columns[-1].name
        literals = {c.name: f',"{c.name}":'.encode() for c in columns}
        literals[columns[0].name] = f',{{"{columns[0].name}":'.encode()
        self._steps: list[Callable[[range], Iterable[bytes]]] = []
        for group in _together(columns):
            texts: list[tuple[bytes, Column, bytes]] = [
                (literals[c.name], c, b"}" if c.name == last else b"") for c in group
            ]
            period = lcm(*(c.period for c in group))
            self._steps += [_kept(texts, period)] if period else _fresh(*texts[0])

    def write(self, numbers: range) -> bytes:
        """Write some rows.

        :param numbers: their numbers; not none.
        :returns: JSON objects with commas between them.
        """
        parts = list(chain.from_iterable(zip(*(step(numbers) for step in self._steps))))  # noqa: B905  # repeat() has no end
        parts[0] = parts[0][1:]
        return b"".join(parts)


def _kept(
    texts: Sequence[tuple[bytes, Column, bytes]], period: int
) -> Callable[[range], Iterable[bytes]]:
    """Write columns that repeat from a table of what they look like together."""
    parts = [
        [before + text + behind for text in column.write(range(period))]
        for before, column, behind in texts
    ]
    table = [b"".join(row) for row in zip(*parts, strict=True)]

    def step(numbers: range) -> Iterable[bytes]:
        if numbers.step == 1:
            start = numbers.start % period
            return islice(cycle(table), start, start + len(numbers))
        return [table[n % period] for n in numbers]

    return step


def _fresh(
    before: bytes, column: Column, behind: bytes
) -> list[Callable[[range], Iterable[bytes]]]:
    """Write a column that never repeats, with its name before it."""
    steps: list[Callable[[range], Iterable[bytes]]] = [lambda _: repeat(before), column.write]
    return [*steps, lambda _: repeat(behind)] if behind else steps
