"""An independent witness, in a process of its own, reads what a contender wrote.

DuckDB reads files, PostgreSQL tells of its table.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import workload


@dataclass(frozen=True, slots=True)
class Found:
    """What is in the files.

    :param rows: all of them.
    :param distinct: the different keys among them.
    :param first: the smallest key.
    :param last: the largest key.
    :param decimals: the type that a decimal was kept in.
    """

    rows: int
    distinct: int
    first: int
    last: int
    decimals: str

    def complaint(self, expected: int, *, again: bool = False) -> str:
        """Say what is wrong with the copy; nothing when each row is there once.

        :param expected: how many rows there should be.
        :param again: whether a row may be there twice, since a later run read it again.
        """
        rows = self.distinct if again else self.rows
        if (rows, self.distinct, self.first, self.last) == (expected, expected, 1, expected):
            return ""
        return (
            f"WRONG COPY: {self.rows:,} rows with {self.distinct:,} keys from {self.first:,} to "
            f"{self.last:,}, where {expected:,} are"
        )


def read(files: str) -> Found:
    """Read the copy of a contender, away from this process, which shall stay small.

    :param files: their pattern, or the URL of the database.
    :raises subprocess.CalledProcessError: for files that are not there or hold something else.
    """
    command = [sys.executable, "-m", "benchmarks.verify", files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Found(*json.loads(done.stdout))


def main(files: str) -> None:
    """Print the facts as JSON."""
    read = _of_a_database if "://" in files else _of_files
    sys.stdout.write(json.dumps(read(files)))


def _of_files(files: str) -> list[Any]:
    import duckdb  # noqa: PLC0415 - only this process shall hold it

    connection = duckdb.connect()
    rows = connection.read_parquet(files)
    spelled = {name.replace("_", "").lower(): name for name in rows.columns}
    key, decimal = (spelled[name.lower()] for name in (workload.KEY, workload.DECIMAL))
    facts = rows.aggregate(
        f'count(*), count(DISTINCT "{key}"), min("{key}"), max("{key}"), '
        f'any_value(typeof("{decimal}"))'
    )
    (fact,) = facts.fetchall()
    return list(fact)


def _of_a_database(url: str) -> list[Any]:
    import sqlalchemy as sa  # noqa: PLC0415 - the same

    key: sa.ColumnClause[int] = sa.column(workload.KEY)
    decimal = sa.select(
        sa.func.upper(sa.cast(sa.func.pg_typeof(sa.column(workload.DECIMAL)), sa.Text))
    )
    table = sa.table(workload.ENTITY_SET)
    facts = sa.select(
        sa.func.count(), sa.func.count(key.distinct()), sa.func.min(key), sa.func.max(key)
    )
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        counted = connection.execute(facts.select_from(table)).one()
        kind = connection.execute(decimal.select_from(table).limit(1)).scalar_one()
    engine.dispose()
    return [*counted, kind]


if __name__ == "__main__":
    main(*sys.argv[1:])
