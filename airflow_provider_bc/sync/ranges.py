"""Cutting a large read into ranges that are read at the same time.

The ranges of a field with a total order hold every row exactly once, wherever the cuts are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec

from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.sync.reader import Reader


class Range(msgspec.Struct):
    """A part of the rows.

    :param where: the condition that they match.
    :param link: where its read goes on; None from the first page.
    :param done: whether all of it was read.
    """

    where: str | None
    link: str | None = None
    done: bool = False


def cut(reader: Reader, where: str | None, rows: int, parts: int) -> list[Range]:
    """Cut the rows that match into ranges of about the same size.

    :param reader: of the entity set; its `cut_field` is the field that is compared.
    :param where: the condition.
    :param rows: how many there are.
    :param parts: how many ranges there shall be at most.
    """
    by = reader.cut_field
    if by is None or parts < 2:  # noqa: PLR2004 - one part needs no cut
        return [Range(where)]
    places = [rows * number // parts for number in range(1, parts)]
    with ThreadPoolExecutor(len(places)) as pool:
        found = pool.map(lambda place: by.value_at(place, where), places)
        cuts = sorted({value for value in found if value is not None})
    field = Field(by.name)
    edges = [str(field >= value) for value in cuts]
    ends = [str(field < value) for value in cuts]
    return [
        Range(" and ".join(filter(None, [f"({where})" if where else None, low, high])) or None)
        for low, high in zip([None, *edges], [*ends, None], strict=True)
    ]
