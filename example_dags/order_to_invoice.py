"""Create a sales order, ship and invoice it, and keep the invoice as PDF; safe to retry."""

from __future__ import annotations

from airflow.sdk import DAG, Param, timezone

from airflow_provider_bc.operators.bound_action import BusinessCentralBoundActionOperator
from airflow_provider_bc.operators.media import BusinessCentralDownloadMediaOperator
from airflow_provider_bc.operators.write_records import BusinessCentralCreateRecordOperator

with DAG(
    "business_central_order_to_invoice",
    schedule=None,
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    params={
        "customer": Param("10000", type="string"),
        "item": Param("1896-S", type="string"),
        "folder": Param("file:///tmp/business_central", type="string"),
    },
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    create = BusinessCentralCreateRecordOperator(
        task_id="create_order",
        entity_set="salesOrders",
        values={
            "customerNumber": "{{ params.customer }}",
            "externalDocumentNumber": "{{ run_id[-35:] }}",
            "salesOrderLines": [
                {"lineType": "Item", "lineObjectNumber": "{{ params.item }}", "quantity": "2"}
            ],
        },
        by=["externalDocumentNumber"],
    )
    ship = BusinessCentralBoundActionOperator(
        task_id="ship_and_invoice",
        entity_set="salesOrders",
        record="{{ ti.xcom_pull('create_order')['id'] }}",
        action="shipAndInvoice",
    )
    pdf = BusinessCentralDownloadMediaOperator(
        task_id="keep_the_pdf",
        entity_set="{{ ti.xcom_pull('ship_and_invoice')['entity_set'] }}",
        record="{{ ti.xcom_pull('ship_and_invoice')['row']['id'] }}",
        stream="pdfDocument",
        path="{{ params.folder }}/{{ ti.xcom_pull('ship_and_invoice')['row']['number'] }}.pdf",
    )
    create >> ship >> pdf
