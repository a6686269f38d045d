"""Runs of DAGs that a test writes itself, by Airflow's own task runner."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import DAG


def run(dag: DAG, **conf: Any) -> Any:
    """Run a DAG that is in no file to its end; `airflow_database` must be there."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415 - Airflow reads its settings on import
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db  # noqa: PLC0415 - the same

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    (bundle,) = manager.get_all_dag_bundles()
    bag = BundleDagBag(
        dag_folder=os.devnull, bundle_path=bundle.path, bundle_name=bundle.name, collect_dags=False
    )
    bag.bag_dag(dag)
    sync_bag_to_db(bag, bundle.name, None)
    return dag.test(run_conf=conf)
