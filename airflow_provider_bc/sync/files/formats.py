"""The formats in which rows stand in files, each exact: Parquet, JSON lines, CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from airflow_provider_bc.errors import ConfigurationError

FormatName = Literal["parquet", "jsonl", "csv"]
Compression = Literal["zstd", "gzip", "none"]

Since = tuple[str, datetime]
"""A stamp column and a moment."""

_ROW_GROUP_BYTES = 8 * 2**20
_ROWS_AT_ONCE = 5_000
_CSV_BLOCK_BYTES = 16 * 2**20
"""Arrow reads no row that reaches over more than two blocks, which have 1 MB unless told."""

_COMPRESSIONS: tuple[Compression, ...] = ("zstd", "gzip", "none")
_SUFFIXES = {"zstd": ".zst", "gzip": ".gz", "none": ""}
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class BatchWriter(Protocol):
    """Writes record batches into an open file, which it leaves open."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Write what is left, and the end of the format."""
        ...


class FileFormat(Protocol):
    """One format."""

    suffix: str

    def writer(self, file: Any, schema: pa.Schema) -> BatchWriter:
        """Begin to write rows into a file that is open for writing."""
        ...

    def read(
        self, file: Any, schema: pa.Schema, columns: Sequence[str], since: Since | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read columns from a file that is open for reading; one that it lacks is null.

        :param since: a stamp column and a moment: older rows may be left out.
        """
        ...


def file_format(name: FormatName, compression: Compression = "zstd") -> FileFormat:
    """Find a format by its name.

    :param name: ``parquet``, ``jsonl`` or ``csv``.
    :param compression: ``zstd``, ``gzip`` or ``none``.
    :raises ConfigurationError: for another name.
    """
    kinds: dict[str, Any] = {"parquet": Parquet, "jsonl": JsonLines, "csv": Csv}
    if name not in kinds:
        raise ConfigurationError(
            f"file_format is {name!r}.", remedy=f"Use one of {', '.join(kinds)}."
        )
    if compression not in _SUFFIXES:
        raise ConfigurationError(
            f"compression is {compression!r}.", remedy=f"Use one of {', '.join(_SUFFIXES)}."
        )
    chosen: FileFormat = kinds[name](compression)
    return chosen


def format_of(name: str) -> FileFormat:
    """Find the format in which a file was written: a table may hold files of several.

    :param name: of the file.
    :raises ConfigurationError: when its suffix is none of ours.
    """
    for suffix, kind in _BY_SUFFIX.items():
        if name.endswith(suffix):
            return kind
    raise ConfigurationError(
        f"{name} is in no format that is known: {', '.join(_BY_SUFFIX)}.",
        remedy='Upgrade the provider, or load once with mode="full".',
    )


class Parquet:
    """Apache Parquet (https://parquet.apache.org/docs/file-format/).

    :param compression: of the column chunks.
    """

    suffix = ".parquet"

    def __init__(self, compression: Compression = "zstd") -> None:
        self._compression = compression

    def writer(self, file: Any, schema: pa.Schema) -> BatchWriter:
        """Begin to write rows; see `FileFormat`."""
        return _ParquetWriter(pq.ParquetWriter(file, schema, compression=self._compression))

    def read(
        self, file: Any, schema: pa.Schema, columns: Sequence[str], since: Since | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read columns; see `FileFormat`."""
        # read ahead, it would hold the whole file in memory while the first rows are wanted
        parquet = pq.ParquetFile(file, pre_buffer=False)
        there = [name for name in columns if name in parquet.schema_arrow.names]
        groups = [
            number
            for number in range(parquet.num_row_groups)
            if since is None or _may_hold(parquet, number, *since)
        ]
        for batch in parquet.iter_batches(_ROWS_AT_ONCE, row_groups=groups, columns=there):
            yield _shaped(batch, schema, columns)


def _may_hold(file: pq.ParquetFile, group: int, stamp: str, since: datetime) -> bool:
    """Ask the statistics whether a row group can hold rows as young as that."""
    leaves = [file.schema.column(index).path for index in range(len(file.schema))]
    if stamp not in leaves:
        return False
    statistics = file.metadata.row_group(group).column(leaves.index(stamp)).statistics
    unknown = statistics is None or not statistics.has_min_max
    return bool(unknown or statistics.max >= since)


class _ParquetWriter:
    """Collects row groups of some megabytes."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._pending: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._pending.append(batch)
        self._size += batch.nbytes
        if self._size >= _ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending))
            self._pending, self._size = [], 0


class JsonLines:
    """One JSON object a line (https://jsonlines.org); decimals are numbers with every digit.

    :param compression: of the file.
    """

    def __init__(self, compression: Compression = "zstd") -> None:
        self._compression = compression
        self.suffix = f".jsonl{_SUFFIXES[compression]}"

    def writer(self, file: Any, schema: pa.Schema) -> BatchWriter:
        """Begin to write rows; see `FileFormat`."""
        del schema
        return _JsonLinesWriter(self.stream(file))

    def stream(self, file: Any) -> Any:
        """Give what packs the lines that are written to it, until it is closed.

        :param file: open for writing; it stays open.
        """
        return _compressed(file, self._compression)

    def read(
        self, file: Any, schema: pa.Schema, columns: Sequence[str], since: Since | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read columns; see `FileFormat`."""
        del since
        wanted = pa.schema([schema.field(name) for name in columns])
        lines: list[Any] = []
        for line in plain_lines(file, self._compression):
            lines.append(_DECODER.decode(line))
            if len(lines) == _ROWS_AT_ONCE:
                yield _revived(lines, wanted)
                lines = []
        if lines:
            yield _revived(lines, wanted)


class _JsonLinesWriter:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        self._stream.write(_ENCODER.encode_lines([_written(row) for row in batch.to_pylist()]))

    def close(self) -> None:
        self._stream.close()


class Csv:
    """Comma-separated values (https://www.rfc-editor.org/rfc/rfc4180); null is empty, "" quoted.

    :param compression: of the file.
    """

    def __init__(self, compression: Compression = "zstd") -> None:
        self._compression = compression
        self.suffix = f".csv{_SUFFIXES[compression]}"

    def writer(self, file: Any, schema: pa.Schema) -> BatchWriter:
        """Begin to write rows; see `FileFormat`.

        :raises ConfigurationError: for expanded navigation properties, which have no columns.
        """
        nested = [field.name for field in schema if pa.types.is_nested(field.type)]
        if nested:
            raise ConfigurationError(
                f"CSV has no place for {', '.join(nested)}, which is expanded.",
                remedy='Use file_format="parquet" or "jsonl", or leave out expand.',
            )
        written = pa.schema([_text_of_decimals(field) for field in schema])
        return _CsvWriter(_compressed(file, self._compression), written)

    def read(
        self, file: Any, schema: pa.Schema, columns: Sequence[str], since: Since | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read columns; see `FileFormat`."""
        del since
        stream = _stream(file, self._compression)
        convert = pacsv.ConvertOptions(
            column_types={name: schema.field(name).type for name in columns},
            include_columns=list(columns),
            include_missing_columns=True,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
        )
        reader = pacsv.open_csv(
            stream,
            pacsv.ReadOptions(block_size=_CSV_BLOCK_BYTES),
            pacsv.ParseOptions(newlines_in_values=True),
            convert,
        )
        for batch in reader:
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield batch.slice(start, _ROWS_AT_ONCE)


class _CsvWriter:
    def __init__(self, stream: Any, schema: pa.Schema) -> None:
        self._stream = stream
        self._schema = schema
        self._writer = pacsv.CSVWriter(stream, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        arrays = [
            numerals(array) if pa.types.is_decimal(array.type) else array for array in batch.columns
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
        self._stream.close()


def numerals(array: pa.Array) -> pa.Array:
    """Write decimals as people do: every digit, no exponent, no trailing zeros.

    :param array: of a decimal type.
    """
    return pa.array([_numeral(value) for value in array.to_pylist()], pa.string())


def _numeral(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text_of_decimals(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.string()) if pa.types.is_decimal(field.type) else field


def _written(value: Any) -> Any:
    """Prepare a value for JSON: decimals become the numerals that they are."""
    if isinstance(value, Decimal):
        return msgspec.Raw((_numeral(value) or "").encode())
    if isinstance(value, dict):
        return {name: _written(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_written(one) for one in value]
    return value


def _revived(rows: list[Any], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        pa.array([_read_back(row.get(field.name), field.type) for row in rows], field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


_KINDS: list[FileFormat] = [
    Parquet(),
    *(JsonLines(compression) for compression in _COMPRESSIONS),
    *(Csv(compression) for compression in _COMPRESSIONS),
]
_BY_SUFFIX = {kind.suffix: kind for kind in _KINDS}

_CONVERSIONS: tuple[tuple[Any, Any], ...] = (
    (pa.types.is_timestamp, datetime.fromisoformat),
    (pa.types.is_date, date.fromisoformat),
    (pa.types.is_floating, float),
)


def _read_back(value: Any, kind: pa.DataType) -> Any:
    """Undo what JSON does to dates and times."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: _read_back(value.get(field.name), field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_read_back(one, kind.value_type) for one in value]
    for is_kind, convert in _CONVERSIONS:
        if is_kind(kind):
            return convert(value)
    return value


def _shaped(batch: pa.RecordBatch, schema: pa.Schema, columns: Sequence[str]) -> pa.RecordBatch:
    """Give a batch exactly these columns, as wide as the schema says."""
    wanted = pa.schema([schema.field(name) for name in columns])
    arrays = [
        pc.cast(batch[field.name], field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in wanted
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _compressed(file: Any, compression: Compression) -> Any:
    sink = pa.PythonFile(file, "w")
    return sink if compression == "none" else pa.CompressedOutputStream(sink, compression)


def _stream(file: Any, compression: Compression) -> Any:
    source = pa.PythonFile(file, "r")
    return source if compression == "none" else pa.CompressedInputStream(source, compression)


def plain_lines(file: Any, compression: Compression) -> Iterator[bytes]:
    """Give the lines of a file, unpacked, without their ends.

    :param file: open for reading.
    :param compression: of the file.
    """
    rest = b""
    stream = _stream(file, compression)
    while chunk := stream.read(2**20):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest
