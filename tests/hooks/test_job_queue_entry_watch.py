"""What the watch of a job queue entry makes of a refusal that the emulator does not know."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import Client
from airflow_provider_bc.emulator.schema.csdl import metadata
from airflow_provider_bc.errors import NotFound
from airflow_provider_bc.hooks.job_queue_entry_watch import JobQueueEntryWatch
from airflow_provider_bc.wire import Response
from tests.peer import Peer, companies, complaint, settings, token

KEY = "00000000-0000-0000-0000-00000000dead"


def look(code: str) -> Any:
    schema = Response(200, {}, metadata("v2.0"))
    peer = Peer(token(), schema, companies(), complaint(404, code))
    client = Client(settings(), TokenCache())
    return peer.converse(JobQueueEntryWatch(KEY, missing_is_finished=True).look(client))


@pytest.mark.parametrize("code", ["BadRequest_ResourceNotFound", "Internal_RecordNotFound"])
def test_a_record_that_is_gone_has_finished(code: str) -> None:
    assert look(code) == {"key": KEY, "state": "Finished"}


@pytest.mark.parametrize("code", ["BadRequest_NotFound", "Internal_CompanyNotFound"])
def test_what_else_is_missing_has_not(code: str) -> None:
    with pytest.raises(NotFound):
        look(code)
