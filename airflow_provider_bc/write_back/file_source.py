"""The rows of files of any store: Parquet, JSON Lines, CSV, packed or not."""

from __future__ import annotations

import codecs
import csv
import posixpath
from collections.abc import Callable, Generator, Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.sync.files.formats import Compression, plain_lines
from airflow_provider_bc.sync.files.path import Path
from airflow_provider_bc.write_back.columns import check_names

_AT_ONCE = 1_000
_MAGIC = frozenset("*?[")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_PACKED: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}


def rows_of_files(
    path: Path, delimiter: str = ",", columns: Iterable[str] = ()
) -> Generator[dict[str, Any], None, None]:
    """Read the rows of a file, of the files of a folder, or of those that a pattern matches.

    Files are read by their names, in order; hidden ones, whose names begin with ``.`` or ``_``, are
    left out of folders. What CSV holds is text, and nothing where it is empty.

    :param path: e.g. ``s3://conn@bucket/prices/*.parquet``.
    :param delimiter: between the fields of CSV.
    :param columns: which every file of CSV or Parquet must have.
    :raises ConfigurationError: when there is no file, or one of another format or other columns.
    """
    files = [(name, _reader(name, delimiter, columns)) for name in _names(path)]
    for name, read in files:
        with path.fs.open(name, "rb") as file:
            try:
                yield from read(file)
            except (pa.ArrowInvalid, OSError) as error:
                if not isinstance(error, pa.ArrowInvalid) and not _is_of_arrow(error):
                    raise  # of the store: it may pass, while a file that is cut stays cut
                raise ConfigurationError(
                    f"{name} cannot be read: {error}.", remedy="See what should write it."
                ) from error


def _is_of_arrow(error: OSError) -> bool:
    """Say whether Arrow could not unpack a file; what stores raise has a number or a class."""
    return type(error) is OSError and error.errno is None


def _names(path: Path) -> list[str]:
    fs: Any = path.fs
    fs.invalidate_cache()  # another process may have written meanwhile
    if _MAGIC & set(path.path):
        found = [name for name in fs.glob(path.path) if not fs.isdir(name)]
    elif fs.isdir(path.path):
        inside = [one["name"] for one in fs.ls(path.path, detail=True) if one["type"] == "file"]
        found = [name for name in inside if posixpath.basename(name)[0] not in "._"]
    else:
        found = [path.path] if fs.exists(path.path) else []
    if not found:
        raise ConfigurationError(
            f"There is no file at {path}.",
            remedy="Correct the path, or see what should write it.",
        )
    return sorted(found)


def _reader(
    name: str, delimiter: str, columns: Iterable[str]
) -> Callable[[BinaryIO], Iterator[dict[str, Any]]]:
    stem, suffix = posixpath.splitext(name.lower())
    packed = _PACKED.get(suffix, "none")
    kind = suffix if packed == "none" else posixpath.splitext(stem)[1]
    if suffix == ".parquet":
        return lambda file: _parquet(name, file, columns)
    if kind in (".jsonl", ".ndjson"):
        return lambda file: _json_lines(name, plain_lines(file, packed))
    if kind == ".csv":
        return lambda file: _csv(name, plain_lines(file, packed), delimiter, columns)
    raise ConfigurationError(
        f"{name} is in no format that can be read.",
        remedy="Give .parquet, .jsonl or .csv; the last two may be packed as .gz or .zst.",
    )


def _parquet(name: str, file: BinaryIO, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    # read ahead, it would hold the whole file in memory while the first rows are wanted
    parquet = pq.ParquetFile(file, pre_buffer=False)
    check_names(name, parquet.schema_arrow.names, columns)
    for batch in parquet.iter_batches(_AT_ONCE):
        yield from batch.to_pylist()


def _json_lines(name: str, lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _DECODER.decode(line)
        except msgspec.DecodeError as error:
            row = error
        if not isinstance(row, dict):
            raise ConfigurationError(
                f"Line {number} of {name} is no JSON object.", remedy="Correct the file."
            )
        yield row


def _csv(
    name: str, lines: Iterator[bytes], delimiter: str, columns: Iterable[str]
) -> Iterator[dict[str, Any]]:
    texts = codecs.iterdecode((line + b"\n" for line in lines), "utf-8-sig")
    reader = csv.DictReader(texts, delimiter=delimiter, strict=True)
    try:
        if reader.fieldnames is not None:
            check_names(name, reader.fieldnames, columns)
        for row in reader:
            if None in row or None in row.values():
                raise ConfigurationError(
                    f"Line {reader.line_num} of {name} has not as many fields as the first.",
                    remedy="Correct the file, or the delimiter.",
                )
            yield {column: text or None for column, text in row.items()}
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"Line {reader.line_num} of {name} is no CSV in UTF-8: {type(error).__name__}.",
            remedy="Correct the file, or the delimiter.",
        ) from error
