"""After everything else: no secret is where it does not belong, and the hunt would have found it.

Tests run in the order of their files, so this one comes last and sees what all others left.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.emulator import CLIENT_SECRET
from tests.live.hunt import Hunt, forms
from tests.live.live_airflow import LiveAirflow
from tests.live.runs import MARKER, CopiedRuns, MappedRun, WaitedRun
from tests.live.tenant import WRONG_SECRET, RememberingEmulator

pytestmark = pytest.mark.live

HALF = len(CLIENT_SECRET) // 2
TOKEN = "header-of-all-tokens.the-payload-of-this-token.and-its-signature"


@pytest.fixture(scope="module")
def used(
    airflow: LiveAirflow,
    server: Server,
    waited: WaitedRun,
    mapped: MappedRun,
    copied: CopiedRuns,
) -> LiveAirflow:
    """The Airflow, after runs in workers and triggerer, a good and a failed connection test."""
    assert {waited.state, mapped.state, copied.second.state} == {"success"}
    assert airflow.test_connection("business_central_default")[0]
    extra = json.dumps(server.connection["extra"])
    wrong = {**server.connection, "password": WRONG_SECRET, "extra": extra}
    airflow.add_connection("bc_wrong_at_last", wrong)
    assert not airflow.test_connection("bc_wrong_at_last")[0]
    return airflow


@pytest.fixture
def hunt(emulator: RememberingEmulator) -> Hunt:
    """A hunt for the secrets, every token, and what a person's sign-in carries about."""
    tokens = {f"token {number}": token for number, token in enumerate(emulator.tokens, 1)}
    carried = enumerate(sorted(emulator.of_sign_ins), 1)
    tokens |= {f"part {number} of a sign-in": text for number, text in carried}
    secrets = {"the client secret": emulator.client_secret, "the wrong secret": WRONG_SECRET}
    return Hunt({**secrets, **tokens})


class TestNoSecret:
    def test_is_in_a_file_of_airflow(self, used: LiveAirflow, hunt: Hunt) -> None:
        assert hunt.in_folder(used.home) == []

    def test_is_in_a_row_of_its_database(self, used: LiveAirflow, hunt: Hunt) -> None:
        assert hunt.in_cells(used.cells(), used.fernet) == []

    def test_is_in_what_a_trigger_was_told(self, waited: WaitedRun, hunt: Hunt) -> None:
        (trigger,) = waited.triggers
        assert hunt.in_bytes("trigger", trigger["kwargs"].encode()) == []

    def test_is_in_what_commands_and_api_said(self, used: LiveAirflow, hunt: Hunt) -> None:
        finds = [find for said in used.said for find in hunt.in_bytes("said", said.encode())]
        assert finds == []


class TestTheHunt:
    """It looks for the right things, and finds them when they are there."""

    @pytest.mark.usefixtures("used")
    def test_knows_every_token(self, emulator: RememberingEmulator) -> None:
        """Tasks share theirs; each press of the Test button asks for one."""
        assert 1 < len(emulator.tokens) == len(set(emulator.tokens))

    @pytest.mark.parametrize("place", ["rendered_task_instance_fields", "xcom", "dag_run"])
    def test_finds_what_travelled_to_a_table(self, used: LiveAirflow, place: str) -> None:
        finds = Hunt({"marker": MARKER}).in_cells(used.cells(), used.fernet)
        assert any(find.startswith(f"{place}.") for find in finds)

    def test_finds_what_travelled_to_the_file_of_the_database(self, used: LiveAirflow) -> None:
        finds = Hunt({"marker": MARKER}).in_folder(used.home)
        assert any(find.startswith("airflow.db") for find in finds)

    @pytest.mark.parametrize(
        ("words", "log"),
        [
            ("Reading customers of CRONUS", "task_id=sync_customers/attempt=1.log:"),
            ("Found nothing yet", "task_id=wait_for_open_orders/attempt=1.log:"),
            (
                "trigger business_central_wait_then_act",
                "task_id=wait_for_open_orders/attempt=1.log.trigger.",
            ),
            ("/api/v2/connections/test", "standalone.log"),
        ],
    )
    def test_finds_what_was_logged(self, used: LiveAirflow, words: str, log: str) -> None:
        finds = Hunt({"words": words}).in_folder(used.home)
        assert any(log in find for find in finds)

    def test_finds_what_was_said(self, used: LiveAirflow) -> None:
        hunt = Hunt({"marker": MARKER})
        assert any(hunt.in_bytes("said", said.encode()) for said in used.said)

    def test_finds_the_secret_where_it_belongs_but_only_by_decrypting(
        self, used: LiveAirflow, hunt: Hunt
    ) -> None:
        moved = (("elsewhere", column, data) for _, column, data in used.cells())
        finds = hunt.in_cells(moved, used.fernet)
        assert {find.split(":")[0] for find in finds} == {"elsewhere.password, decrypted"}

    @pytest.mark.parametrize("form", forms(CLIENT_SECRET))
    @pytest.mark.parametrize("part", [slice(None), slice(HALF), slice(HALF, None)])
    def test_finds_a_secret_or_half_of_it_in_every_form(
        self, tmp_path: Path, form: str, part: slice
    ) -> None:
        planted = forms(CLIENT_SECRET[part])[form]
        (tmp_path / "task.log").write_bytes(b"before " + planted + b" after")
        assert Hunt({"it": CLIENT_SECRET}).in_folder(tmp_path)

    @pytest.mark.parametrize("part", TOKEN.split(".")[1:])
    def test_finds_a_token_that_was_taken_apart(self, part: str) -> None:
        assert Hunt({"it": TOKEN}).in_bytes("log", b"xx " + part.encode() + b" xx")

    def test_finds_a_secret_in_the_name_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / TOKEN).touch()
        assert Hunt({"it": TOKEN}).in_folder(tmp_path)

    @pytest.mark.parametrize("encrypted", [False, True])
    def test_finds_a_long_value_that_a_database_splits(
        self, tmp_path: Path, *, encrypted: bool
    ) -> None:
        key = Fernet(Fernet.generate_key())
        value = f"{'x' * 5_000}{TOKEN}"
        stored = key.encrypt(value.encode()).decode() if encrypted else value
        cells = list(through_a_database(tmp_path / "planted.db", stored))
        assert Hunt({"it": TOKEN}).in_cells(cells, key)


def through_a_database(path: Path, value: Any) -> Iterator[tuple[str, str, bytes]]:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE planted (cell TEXT)")
        database.execute("INSERT INTO planted VALUES (?)", (value,))
        for (cell,) in database.execute("SELECT cell FROM planted"):
            yield "planted", "cell", cell.encode()
