"""Write new prices from a database into Business Central, and keep the rows that it refuses."""

from __future__ import annotations

from airflow.sdk import DAG, Param, timezone

from airflow_provider_bc.transfers.sql_to_business_central import SqlToBusinessCentralOperator

with DAG(
    "business_central_write_back",
    schedule=None,
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    params={
        "folder": Param("file:///tmp/business_central", type="string"),
    },
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    prices = SqlToBusinessCentralOperator(
        task_id="write_prices",
        source_conn_id="price_database",
        sql="SELECT item_no, title, price FROM price_list",
        entity_set="items",
        columns={"item_no": "number", "title": "displayName", "price": "unitPrice"},
        outcomes_path="{{ params.folder }}/{{ ts_nodash }}/outcomes.parquet",
        dead_letter_path="{{ params.folder }}/{{ ts_nodash }}/refused.jsonl",
        max_refused=10,
        retries=3,
    )
