"""See the provider work: a real DAG run copies an emulated Business Central, twice.

Everything happens in this process and in a temporary folder, which is gone at the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from airflow_provider_bc.emulator import Emulator, serve
from devtools import live

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.business_day import Changes

DAGS = Path("example_dags").resolve()
FILES = """
    select parse_path(filename)[-2], count(*)
    from read_parquet(?, filename = true, union_by_name = true) group by 1
"""
WATERMARKS = """
    select parse_path(filename)[-2], strftime(max(lastModifiedDateTime), '%Y-%m-%d %H:%M:%S UTC')
    from read_parquet(?, filename = true, union_by_name = true) group by 1
"""
LEDGER = """
    select sum(debitAmount), sum(creditAmount)
    from (from read_parquet(?) qualify
          row_number() over (partition by id order by _commit desc) = 1)
    where _deleted_at is null
"""


def run(dag: Any, path: Path) -> None:
    """Run the DAG once, as Airflow does, and say how long it took.

    :raises SystemExit: the run did not succeed; its log is above.
    """
    start = time.monotonic()
    outcome = dag.test(run_conf={"path": path.as_uri()})
    if str(outcome.state) != "success":
        sys.exit(f"The run of {dag.dag_id} ended as {outcome.state}; its log above says why.")
    print(f"  {dag.dag_id}: {outcome.state} in {time.monotonic() - start:.1f} s", flush=True)


def stored(path: Path) -> Counter[str]:
    """Count the rows in the Parquet files of each entity set."""
    rows = duckdb.execute(FILES, [f"{path}/**/*.parquet"]).fetchall()
    return Counter({str(entity_set): int(count) for entity_set, count in rows})


def table(first: Counter[str], second: Counter[str], path: Path) -> None:
    """Print what each run wrote, and up to when the copy is complete."""
    latest = dict(duckdb.execute(WATERMARKS, [f"{path}/**/*.parquet"]).fetchall())
    print(f"\n  {'entity set':<22} {'first run':>10} {'second run':>11}   complete up to")
    for entity_set, count in sorted(first.items()):
        later = second[entity_set]
        print(f"  {entity_set:<22} {count:>10,} {later:>11,}   {latest[entity_set]}")


def news(changes: Changes) -> str:
    """Sum up a day."""
    words = {"created": changes.created, "changed": changes.updated, "deleted": changes.deleted}
    return ", ".join(
        f"{sum(map(len, records.values()))} records {word}" for word, records in words.items()
    )


def tell(emulator: Emulator, path: Path) -> None:
    """Copy, let a day pass, copy what changed, and ask the copy a question."""
    sys.path.insert(0, str(DAGS))
    from airflow.utils.db import initdb  # noqa: PLC0415 - reads AIRFLOW_HOME when imported

    initdb()
    duckdb.execute("set timezone = 'UTC'")
    dag = import_module("incremental_sync").dag

    print("\nThe first run copies everything to Parquet:", flush=True)
    run(dag, path)
    first = stored(path)
    print(f"\nA business day passes: {news(emulator.business_day())}.", flush=True)
    print("The second run reads what changed since:", flush=True)
    run(dag, path)
    table(first, stored(path) - first, path)
    ledger = f"{path}/**/generalLedgerEntries/*.parquet"
    debit, credit = duckdb.execute(LEDGER, [ledger]).fetchall()[0]
    sums = f"debit {debit.normalize():,f}, credit {credit.normalize():,f}"
    print(f"\nDuckDB adds up the copied ledger, exactly: {sums}.")


def main() -> int:
    """Start the emulator, point Airflow at it, run."""
    if len(sys.argv) > 1:
        sys.exit("demo takes no arguments of its own; --airflow and --python choose versions.")
    with TemporaryDirectory(prefix="bc-demo-") as folder, serve(Emulator()) as server:
        connections = {"business_central_default": server.connection}
        os.environ |= live.variables(Path(folder, "airflow"), DAGS, connections)
        os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
        print(f"Business Central, emulated, answers on {server.url}", flush=True)
        tell(server.emulator, Path(folder, "parquet"))
    print("\nNext: python3 dev.py airflow starts a whole Airflow to click through.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
