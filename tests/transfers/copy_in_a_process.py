"""Run the transfer in a process of its own, and print its report with the memory it took."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from airflow_provider_bc.transfers.to_object_storage import BusinessCentralToObjectStorageOperator
from benchmarks.contend import peak_mib


def main(path: str, entity_set: str) -> None:
    """Copy an entity set, and print one line of JSON."""
    operator = BusinessCentralToObjectStorageOperator(
        task_id="copy", entity_set=entity_set, path=path
    )
    context: Any = {}
    report = operator.execute(context)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report |= {"peak_mib": peak_mib(), "cpu": usage.ru_utime + usage.ru_stime}
    sys.stdout.write(f"\n{json.dumps(report)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
