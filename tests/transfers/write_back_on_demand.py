"""Write-backs in processes of their own, to be killed; see `load_on_demand`."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from airflow_provider_bc.transfers.sql_to_business_central import SqlToBusinessCentralOperator
from tests.transfers.load_on_demand import main, say


def carry_out(job: dict[str, Any]) -> None:
    """Execute the operator as an attempt of the task that the job names."""
    os.environ["AIRFLOW_CONN_BUSINESS_CENTRAL_DEFAULT"] = job["connection"]
    os.environ["AIRFLOW_CONN_SOURCE"] = job["source"]
    operator = SqlToBusinessCentralOperator(
        task_id="write", source_conn_id="source", **job["arguments"]
    )
    instance = SimpleNamespace(
        dag_id="dag", task_id="write", run_id=job["run"], map_index=-1, try_number=job["attempt"]
    )
    instance.xcom_push = lambda **_: None
    context: Any = {"ti": instance}
    report = operator.execute(context)
    say(kind=f"{report['rows']} rows")


if __name__ == "__main__":
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what the operator logs
    main(carry_out)
