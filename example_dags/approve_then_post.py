"""Draft a sales invoice, ask a person, and post it when it is approved."""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, timezone

from airflow_provider_bc.operators.bound_action import BusinessCentralBoundActionOperator
from airflow_provider_bc.operators.write_records import BusinessCentralCreateRecordOperator

with DAG(
    "business_central_approve_then_post",
    schedule=None,
    start_date=timezone.datetime(2026, 1, 1),
    catchup=False,
    params={
        "customer": Param("10000", type="string"),
        "item": Param("1896-S", type="string"),
        "quantity": Param("2", type="string"),
    },
    tags=["business central", "example"],
    doc_md=__doc__,
) as dag:
    draft = BusinessCentralCreateRecordOperator(
        task_id="draft_invoice",
        entity_set="salesInvoices",
        values={
            "customerNumber": "{{ params.customer }}",
            "externalDocumentNumber": "{{ run_id[-35:] }}",
            "salesInvoiceLines": [
                {
                    "lineType": "Item",
                    "lineObjectNumber": "{{ params.item }}",
                    "quantity": "{{ params.quantity }}",
                }
            ],
        },
        by=["externalDocumentNumber"],
    )
    ask = ApprovalOperator(
        task_id="ask",
        subject="Post the invoice for {{ ti.xcom_pull('draft_invoice')['customerName'] }}?",
        body=(
            "Draft {{ ti.xcom_pull('draft_invoice')['number'] }}: "
            "{{ ti.xcom_pull('draft_invoice')['totalAmountIncludingTax'] }} including tax. "
            "Rejected, it stays a draft in Business Central."
        ),
    )
    post = BusinessCentralBoundActionOperator(
        task_id="post",
        entity_set="salesInvoices",
        record=draft.output,  # its etag makes sure that what is posted is what was approved
        action="post",
    )
    draft >> ask >> post
