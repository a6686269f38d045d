"""A real Airflow to click through: the emulator, a ready connection, the example DAGs.

All of it lives in a temporary folder, and ends with Ctrl-C without leaving a process or a file.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from airflow_provider_bc.emulator import Emulator, serve
from devtools import live

DAGS = Path("example_dags").resolve()
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end(*_: object) -> None:
    """End on Ctrl-C, on a closed terminal and on a supervisor's word, undisturbed by a second."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    print("\nEnding Airflow (up to half a minute)", flush=True)
    raise KeyboardInterrupt


def main() -> int:
    """Start everything, say where it is, wait, end everything."""
    if len(sys.argv) > 1:
        sys.exit("airflow takes no arguments of its own; --airflow and --python choose versions.")
    for number in ENDING:
        signal.signal(number, end)
    with TemporaryDirectory(prefix="bc-airflow-") as folder, serve(Emulator()) as server:
        copy = {"conn_type": "sqlite", "host": str(Path(folder, "copy.sqlite"))}
        connections = {
            "business_central_default": server.connection,
            "business_central_copy": copy,
        }
        environment = live.variables(Path(folder, "home"), DAGS, connections)
        environment["BUSINESS_CENTRAL_PATH"] = Path(folder, "parquet").as_uri()
        environment["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = "True"
        print("Starting Airflow and the emulator (about 20 seconds)", flush=True)
        try:
            with live.standalone(environment) as url:
                print(f"Airflow               {url}")
                print(f"Business Central      {server.url} (emulated)")
                print(f"Connections           {', '.join(connections)}, ready to use")
                print(f"DAGs                  {DAGS}")
                print(f"Files until the end   {folder}")
                print("Everyone on this machine is its administrator. Ctrl-C ends it.", flush=True)
                signal.pause()
        except live.NotHealthy as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            print("Ended; no process and no file is left.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
