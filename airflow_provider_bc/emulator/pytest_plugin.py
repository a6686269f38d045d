"""Fixtures for tests that talk to Business Central.

Enable them with `pytest_plugins = ["airflow_provider_bc.emulator.pytest_plugin"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_bc.emulator.emulator import Emulator
from airflow_provider_bc.emulator.server import Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def business_central() -> Iterator[Server]:
    """Serve a fresh emulator for one test; `.emulator` is the emulator itself."""
    with serve(Emulator()) as server:
        yield server


@pytest.fixture(scope="session")
def business_central_session() -> Iterator[Server]:
    """Serve one emulator for all tests of a session, for tests that change nothing."""
    with serve(Emulator(limits=False)) as server:
        yield server
