"""Microsoft Entra ID and Business Central in one process, for tests and for trying things out.

The emulator is a function from `Request` to `Response`; its truth is Microsoft's documentation. It
shares nothing with the provider but the wire.
"""

from airflow_provider_bc.emulator.clock import Clock, SystemClock, VirtualClock
from airflow_provider_bc.emulator.emulator import Emulator
from airflow_provider_bc.emulator.faults.catalog import FAULTS
from airflow_provider_bc.emulator.server import Server, serve

__all__ = ["FAULTS", "Clock", "Emulator", "Server", "SystemClock", "VirtualClock", "serve"]
