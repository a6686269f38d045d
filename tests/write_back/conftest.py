"""A client of an emulator that nobody else speaks to."""

from __future__ import annotations

import pytest

from airflow_provider_bc.emulator import Emulator
from tests.write_back.meddler import Meddler


@pytest.fixture
def meddler() -> Meddler:
    return Meddler(Emulator(ledger_entries=1, limits=False))
