"""The triggers of the Automation API and the job queue survive the way to the triggerer."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from airflow.sdk.serde import deserialize, serialize

from airflow_provider_bc.triggers.configuration_package import (
    BusinessCentralConfigurationPackageTrigger,
)
from airflow_provider_bc.triggers.extension_deployment import (
    BusinessCentralExtensionDeploymentTrigger,
)
from airflow_provider_bc.triggers.job_queue_entry import BusinessCentralJobQueueEntryTrigger
from airflow_provider_bc.triggers.watch import WatchTrigger

EACH: list[tuple[type[WatchTrigger], dict[str, Any]]] = [
    (BusinessCentralConfigurationPackageTrigger, {"package_id": "p", "step": "import"}),
    (
        BusinessCentralExtensionDeploymentTrigger,
        {"name": "Bonus", "publisher": "C & Co.", "version": "1.0.0.0", "after": "2026-01-01Z"},
    ),
    (BusinessCentralJobQueueEntryTrigger, {"key": "k", "since": None, "missing_is_finished": True}),
]


@pytest.mark.parametrize(("kind", "watch"), EACH)
def test_it_survives_the_way(kind: type[WatchTrigger], watch: dict[str, Any]) -> None:
    there = kind(
        bc_conn_id="business_central_default",
        environment=None,
        company="CRONUS",
        end_time=1.0,
        poll_interval=2.0,
        failures_allowed=3,
        **watch,
    )
    path, arguments = there.serialize()
    travelled = deserialize(json.loads(json.dumps(serialize(arguments))))
    assert isinstance(travelled, dict)
    module, _, name = path.rpartition(".")
    back = getattr(importlib.import_module(module), name)(**travelled)
    assert back.serialize() == (path, arguments)
    assert back.watch == there.watch
    assert back.watch.arguments() == watch
    assert watch.get("name", watch.get("package_id", watch.get("key"))) in back.watch.subject
