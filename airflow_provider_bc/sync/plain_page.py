"""A page whose values are as ``$metadata`` promises, read by Arrow without Python objects.

https://arrow.apache.org/docs/python/json.html
"""

from __future__ import annotations

import re
from typing import Self

import pyarrow as pa
import pyarrow.json as pj

from airflow_provider_bc.odata.page import Page
from airflow_provider_bc.sync.columns import PAGES, Column, Columns

_OBJECT = re.compile(rb"\s*\{")


class PlainPage:
    """Reads plain pages; None for one that must be looked at more closely.

    :param columns: of the rows; none of them nested.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        row = pa.struct([(one.name, one.sent) for one in columns.columns])
        self._options = pj.ParseOptions(
            explicit_schema=pa.schema(
                [
                    ("value", pa.list_(row)),
                    ("@odata.nextLink", pa.string()),
                    ("@odata.count", pa.int64()),
                    ("error", pa.struct([("code", pa.string())])),
                ]
            ),
            newlines_in_values=True,
            unexpected_field_behavior="ignore",
        )

    @classmethod
    def of(cls, columns: Columns) -> Self | None:
        """Make a reader, if Arrow can read all of these columns.

        :param columns: of the rows.
        """
        readable = columns.columns and all(one.sent is not None for one in columns.columns)
        return cls(columns) if readable else None

    def read(self, body: bytes) -> Page[pa.RecordBatch] | None:
        """Read a page.

        :param body: the bytes of the answer.
        :return: the page; None where a value is not as promised, or there is an error among them.
        """
        if not _OBJECT.match(body):
            return None  # at null Arrow's reader ends the whole process
        try:
            table = pj.read_json(
                pa.BufferReader(body),
                read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
                parse_options=self._options,
                memory_pool=PAGES,
            )
            return self._page(table, len(body))
        except (pa.ArrowException, UnicodeDecodeError):  # the latter: a link that is no UTF-8
            return None

    def _page(self, table: pa.Table, size: int) -> Page[pa.RecordBatch] | None:
        if table.num_rows != 1 or not table["error"].null_count or table["value"].null_count:
            return None
        rows = table["value"].chunk(0).values
        if rows.null_count or not len(rows):
            return None
        arrays = [
            self._finished(column, array)
            for column, array in zip(self._columns.columns, rows.flatten(), strict=True)
        ]
        if all(not array[-1].is_valid for array in arrays):
            return None  # an error amid the rows looks like a row without values
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._columns.schema)
        link = table["@odata.nextLink"][0].as_py()
        return Page(batch, table["@odata.count"][0].as_py(), link, size)

    @staticmethod
    def _finished(column: Column, array: pa.Array) -> pa.Array:
        if pa.types.is_string(array.type):
            array.validate(full=True)  # Arrow's reader does not look whether text is UTF-8
        return column.finish(array)
