"""Start the emulator: `python -m airflow_provider_bc.emulator --port 8765`."""

from __future__ import annotations

import argparse
import signal
import sys
from threading import Event

from airflow_provider_bc.emulator.clock import VirtualClock
from airflow_provider_bc.emulator.connection import VARIABLE
from airflow_provider_bc.emulator.emulator import CLIENT_SECRET, Emulator
from airflow_provider_bc.emulator.entra.directory import RedirectUri
from airflow_provider_bc.emulator.server import serve


def parser() -> argparse.ArgumentParser:
    """Describe the command line.

    :returns: the parser.
    """
    text = "Microsoft Entra ID and Business Central on the loopback, for trying things out."
    made = argparse.ArgumentParser("python -m airflow_provider_bc.emulator", description=text)
    made.add_argument("--host", default="127.0.0.1", help="127.0.0.1, localhost or ::1")
    made.add_argument("--port", type=int, default=8765, help="0 for any free port")
    made.add_argument("--ledger-entries", type=int, default=2000, metavar="N")
    made.add_argument("--wide-entries", type=int, default=0, metavar="N")
    made.add_argument("--companies", type=int, default=2, metavar="N")
    made.add_argument("--latency-ms", type=float, default=0, metavar="N")
    made.add_argument("--token-lifetime", type=int, default=3599, metavar="S")
    made.add_argument("--tls", action="store_true", help="serve https with a new authority")
    made.add_argument("--no-limits", action="store_true", help="no rate and concurrency limits")
    made.add_argument("--virtual-clock", action="store_true", help="time stands still")
    made.add_argument(
        "--auto-approve",
        metavar="UPN",
        help="this user signs in and consents without a page; adele@cronus.example is there",
    )
    made.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        metavar="URI",
        help="where a sign-in of the app may return to; may be given several times",
    )
    return made


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    :param arguments: the command line without the program; `sys.argv` by default.
    :returns: the exit code.
    """
    given = parser().parse_args(arguments)
    done = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    try:
        emulator = Emulator(
            given.ledger_entries,
            VirtualClock() if given.virtual_clock else None,
            given.token_lifetime,
            given.latency_ms / 1000,
            limits=not given.no_limits,
            companies=given.companies,
            wide_entries=given.wide_entries,
            client_secret=CLIENT_SECRET,
        )
        emulator.auto_approve(given.auto_approve)
        emulator.application.redirect_uris.extend(map(RedirectUri, given.redirect_uri))
        with serve(emulator, given.port, tls=given.tls, host=given.host) as server:
            out = [f"Business Central emulator on {server.url}, Ctrl-C ends it."]
            out.append(f"{VARIABLE}='{server.connection_json.replace(chr(39), chr(92) + 'u0027')}'")
            if server.ca_file:
                out.append(f"SSL_CERT_FILE={server.ca_file}")
            sys.stdout.write("\n".join(out) + "\n")
            sys.stdout.flush()
            done.wait()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
