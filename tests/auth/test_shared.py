"""Token caches of several processes over one store, as several caches in one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_bc.auth.azure_credential import AzureCredential
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import Stored
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.auth import credential_classes
from tests.auth.machine import GRANT, Machine, acquired
from tests.auth.processes import LockedElsewhere
from tests.peer import PATIENT, Peer, refusal, token


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "tokens")


def test_a_second_process_takes_the_token_of_the_first(machine: Machine) -> None:
    acquired(machine.process(), token("one"))
    machine.wall.now += 3_000

    assert acquired(machine.process()) == "one"


def test_it_lives_as_long_in_the_second_process_as_in_the_first(machine: Machine) -> None:
    acquired(machine.process(), token("one", expires_in=3_600))
    second = machine.process()
    machine.wall.now += 3_299
    assert acquired(second) == "one"
    machine.wall.now += 1

    assert acquired(second, token("two")) == "two"
    assert acquired(machine.process()) == "two"


def test_an_early_renewal_by_another_process_is_enough(machine: Machine) -> None:
    first, second = machine.process(), machine.process()
    acquired(first, token("one", expires_in=3_600))
    acquired(second)
    machine.wall.now += 3_400
    acquired(first, token("two"))

    assert acquired(second) == "two"


def test_a_refused_token_is_not_taken_from_the_store_again(machine: Machine) -> None:
    cache = machine.process()
    peer = Peer(token("bad"))
    bad = peer.converse(cache.acquire(GRANT, PATIENT))
    cache.forget(GRANT, bad)

    assert acquired(cache, token("good")) == "good"
    assert acquired(machine.process()) == "good"


def test_a_refused_token_that_another_process_replaced_costs_no_sign_in(machine: Machine) -> None:
    first, second = machine.process(), machine.process()
    bad = Peer(token("bad")).converse(first.acquire(GRANT, PATIENT))
    acquired(second)
    first.forget(GRANT, bad)
    acquired(first, token("good"))
    second.forget(GRANT, Peer().converse(second.acquire(GRANT, PATIENT)))

    assert acquired(second) == "good"


def test_a_token_whose_clock_was_set_back_is_not_taken(machine: Machine) -> None:
    acquired(machine.process(), token("one"))
    machine.wall.now -= 61

    assert acquired(machine.process(), token("two")) == "two"


def test_who_does_not_get_the_lock_waits_and_takes_the_token(machine: Machine) -> None:
    waiting = machine.process().acquire(GRANT, PATIENT)
    with LockedElsewhere(machine.store, GRANT.key):
        assert isinstance(next(waiting), Pause)
        assert isinstance(waiting.send(None), Pause)
        one = Granted(AccessToken("one", 3_600.0))
        machine.store.write(GRANT.key, Stored().after(one, 0.0, machine.wall.now))
        with pytest.raises(StopIteration) as taken:
            waiting.send(None)

    assert taken.value.value.bearer() == "Bearer one"


def test_who_waits_for_a_process_that_was_killed_signs_in(machine: Machine) -> None:
    waiting = machine.process().acquire(GRANT, PATIENT)
    with LockedElsewhere(machine.store, GRANT.key) as other:
        assert isinstance(next(waiting), Pause)
        other.kill()
        assert isinstance(waiting.send(None), Request)
    waiting.close()


def test_who_waits_too_long_signs_in_without_the_lock(machine: Machine) -> None:
    waiting = machine.process().acquire(GRANT, PATIENT)
    with LockedElsewhere(machine.store, GRANT.key):
        assert isinstance(next(waiting), Pause)
        machine.wall.now += 46
        assert isinstance(waiting.send(None), Request)
        waiting.close()


def test_an_early_renewal_does_not_wait_for_another_process(machine: Machine) -> None:
    cache = machine.process()
    acquired(cache, token("one", expires_in=3_600))
    machine.wall.now += 3_400

    with LockedElsewhere(machine.store, GRANT.key):
        assert acquired(cache) == "one"


def test_who_gets_the_lock_looks_again_before_it_signs_in(machine: Machine) -> None:
    class Overtaken(TokenStore):
        """Lets another process sign in between the look and the lock."""

        def locked(self, key: Any) -> Any:
            if self.read(key) == Stored():
                acquired(machine.process(), token("other"))
            return super().locked(key)

    store = Overtaken(machine.folder, machine.store._cipher, machine.wall)

    assert acquired(machine.process(store)) == "other"


def test_who_a_credential_stands_for_is_not_known_so_its_token_is_not_shared(
    machine: Machine,
) -> None:
    for identity in ("of-the-api-server", "of-the-worker"):
        one = AzureCredential("tests.auth.credential_classes.Mine", "{}", "scope/.default")
        credential_classes.identity = identity
        got = Peer().converse(machine.process().acquire(one, PATIENT))
        assert got.reveal() == f"token-{identity}"

    assert not machine.folder.exists()


def test_a_store_that_cannot_be_used_costs_a_warning_and_a_sign_in(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.folder.mkdir(mode=0o755)
    machine.folder.chmod(0o755)

    assert acquired(machine.process(), token("one")) == "one"
    assert acquired(machine.process(), token("two")) == "two"
    assert "cannot be used" in caplog.text


def test_a_token_that_cannot_be_stored_is_used_all_the_same(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Request) -> Response:
        for file in machine.folder.iterdir():
            file.with_suffix(".token").mkdir()
        return token("one")

    assert acquired(machine.process(), full) == "one"
    assert "is not stored" in caplog.text
    assert "one" not in caplog.text.replace("None", "")


def test_a_fault_while_renewing_early_keeps_the_old_token(machine: Machine) -> None:
    cache = machine.process()
    acquired(cache, token("one", expires_in=3_600))
    machine.wall.now += 3_400

    assert acquired(cache, Lost("reset")) == "one"
    assert os.listdir(machine.folder)  # noqa: PTH208 - names are enough


def test_a_new_process_uses_a_stale_token_while_entra_is_down(machine: Machine) -> None:
    acquired(machine.process(), token("one", expires_in=3_600))
    machine.wall.now += 3_400

    assert acquired(machine.process(), Lost("reset")) == "one"


def test_a_new_process_does_not_wait_for_another_one_while_a_token_is_stale(
    machine: Machine,
) -> None:
    acquired(machine.process(), token("one", expires_in=3_600))
    machine.wall.now += 3_400

    with LockedElsewhere(machine.store, GRANT.key):
        assert acquired(machine.process()) == "one"


def test_a_stale_token_that_ends_while_entra_is_asked_is_renewed_patiently(
    machine: Machine,
) -> None:
    acquired(machine.process(), token("one", expires_in=3_600))
    machine.wall.now += 3_500

    def slow(_: Request) -> Lost:
        machine.wall.now += 90
        return Lost("timed out")

    assert acquired(machine.process(), slow, Lost("reset"), token("two")) == "two"


def test_a_refused_token_does_not_help_when_entra_is_down(machine: Machine) -> None:
    cache = machine.process()
    bad = Peer(token("bad")).converse(cache.acquire(GRANT, PATIENT))
    machine.wall.now += 3_400
    cache.forget(GRANT, bad)

    with pytest.raises(AuthenticationError):
        acquired(cache, refusal(7000215))
