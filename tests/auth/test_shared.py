"""Token caches of several processes over one store, as several caches in one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.auth.azure_credential import AzureCredential
from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.choice import user_of
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import Stored
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.auth import credential_classes
from tests.auth.processes import LockedElsewhere
from tests.peer import PATIENT, HandClock, Peer, grant, refusal, settings, token

GRANT = grant()
USER = user_of(settings(grant_type="authorization_code"), "bc")


class Machine:
    """A folder, a wall clock, and processes that began at different times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall = HandClock(1_700_000_000.0)
        self.store = TokenStore(folder, Fernet(Fernet.generate_key()), self.wall)
        self._starts = 0.0

    def process(self, store: TokenStore | None = None) -> TokenCache:
        self._starts += 1_000.0
        start = self.wall.now - self._starts
        return TokenCache(lambda: self.wall.now - start, store or self.store)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "tokens")


def acquired(cache: TokenCache, *script: Any, user: bool = False) -> str:
    peer = Peer(*script)
    got = peer.converse(cache.acquire(USER if user else GRANT, PATIENT))
    assert peer.unused == []
    return got.bearer().removeprefix("Bearer ")


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


def signed_in(machine: Machine, brought: str = "refresh-0") -> TokenCache:
    cache = machine.process()
    granted = Granted(AccessToken("zero", 0.0), brought)
    Peer().converse(cache.keep(USER, granted))
    return cache


def test_a_person_signs_in_once_and_every_process_renews(machine: Machine) -> None:
    signed_in(machine)

    assert acquired(machine.process(), token("one", refresh_token="refresh-1"), user=True) == "one"
    assert acquired(machine.process(), user=True) == "one"
    assert machine.store.read(USER.key).refresh_tokens == ("refresh-1", "refresh-0")
    machine.wall.now += 4_000
    assert acquired(machine.process(), token("two", refresh_token="refresh-2"), user=True) == "two"
    assert machine.store.read(USER.key).refresh_tokens == ("refresh-2", "refresh-1")


def test_the_refresh_token_stays_when_no_new_one_comes(machine: Machine) -> None:
    signed_in(machine)
    acquired(machine.process(), token("one"), user=True)

    assert machine.store.read(USER.key).refresh_tokens == ("refresh-0",)


def test_the_new_refresh_token_is_stored_before_its_token_is_used(machine: Machine) -> None:
    signed_in(machine)
    renewal = machine.process().acquire(USER, PATIENT)
    assert isinstance(next(renewal), Request)
    with pytest.raises(StopIteration):
        renewal.send(token("one", refresh_token="refresh-1"))

    assert machine.store.read(USER.key).refresh_token == "refresh-1"


def test_a_renewal_that_was_cut_short_lets_the_next_one_use_the_same_refresh_token(
    machine: Machine,
) -> None:
    signed_in(machine)
    cut = machine.process().acquire(USER, PATIENT)
    next(cut)
    cut.close()

    def answer(request: Request) -> Response:
        assert b"refresh_token=refresh-0" in request.body
        return token("one", refresh_token="refresh-1")

    assert acquired(machine.process(), answer, user=True) == "one"


def test_a_stored_sign_in_that_cannot_be_read_is_told_of_with_the_reason(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in(machine)
    other_key = TokenStore(machine.folder, Fernet(Fernet.generate_key()), machine.wall)

    for _ in range(2):
        with pytest.raises(AuthenticationError, match="business-central login bc") as caught:
            acquired(machine.process(other_key), user=True)

    assert caught.value.message == (
        "Nobody has signed in for the connection 'bc' on this machine. "
        "A sign-in is stored, but it cannot be decrypted and read (InvalidToken)."
    )
    assert caught.value.remedy.startswith("Give every component the same [core] fernet_key and us")
    assert caplog.text.count("is ignored") == 1


def test_the_reason_is_told_without_a_lock_too(machine: Machine) -> None:
    signed_in(machine)
    (file,) = machine.folder.glob("*.token")
    file.chmod(0o644)
    machine.folder.chmod(0o755)

    with pytest.raises(AuthenticationError, match="is stored, but others may read or write it"):
        acquired(machine.process(), user=True)


def test_a_refused_secret_has_nothing_to_do_with_a_file_that_cannot_be_read(
    machine: Machine,
) -> None:
    acquired(machine.process(), token("one"))
    (file,) = machine.folder.glob("*.token")
    file.chmod(0o644)

    with pytest.raises(AuthenticationError) as caught:
        acquired(machine.process(), refusal(7000215))

    assert "is stored" not in str(caught.value)


def test_a_new_sign_in_replaces_a_refused_one(machine: Machine) -> None:
    cache = signed_in(machine, "revoked")
    with pytest.raises(AuthenticationError):
        acquired(machine.process(), refusal(50173, "invalid_grant", 400), user=True)

    Peer().converse(cache.keep(USER, Granted(AccessToken("new", 1e12), "refresh-9")))

    assert machine.store.read(USER.key).refresh_tokens == ("refresh-9",)


@pytest.mark.parametrize(("expires_at", "used"), [(1e12, "anew"), (0.0, "of the old")])
def test_a_renewal_does_not_undo_a_sign_in_that_overtook_it(
    machine: Machine, expires_at: float, used: str
) -> None:
    signed_in(machine)

    def overtaken(_: Request) -> Response:
        anew = Granted(AccessToken("anew", expires_at), "refresh-anew")
        machine.store.write(USER.key, Stored().after(anew, machine.wall.now, machine.wall.now))
        return token("old", refresh_token="refresh-1")

    assert acquired(machine.process(), overtaken, user=True) == used.removeprefix("of the ")
    assert machine.store.read(USER.key).refresh_tokens == ("refresh-anew",)


def test_a_sign_in_is_kept_once_another_process_is_done(machine: Machine) -> None:
    keeping = machine.process().keep(USER, Granted(AccessToken("t", 0.0), "refresh-1"))
    with LockedElsewhere(machine.store, USER.key):
        assert isinstance(next(keeping), Pause)
    with pytest.raises(StopIteration):
        keeping.send(None)

    assert machine.store.read(USER.key).refresh_token == "refresh-1"


def test_without_a_store_a_refresh_token_has_no_place() -> None:
    cache = TokenCache()
    with pytest.raises(ConfigurationError, match="no place to keep a refresh token") as caught:
        Peer().converse(cache.keep(USER, Granted(AccessToken("t", 0.0), "refresh-1")))
    assert "fernet_key" in caught.value.remedy

    with pytest.raises(ConfigurationError, match="no place to keep"):
        Peer().converse(cache.acquire(USER, PATIENT))


def test_a_folder_that_is_no_good_refuses_a_refresh_token(machine: Machine) -> None:
    machine.folder.mkdir(mode=0o755)
    machine.folder.chmod(0o755)

    with pytest.raises(ConfigurationError, match="cannot be stored") as caught:
        signed_in(machine)

    assert "token_store" in caught.value.remedy


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


@pytest.mark.parametrize(
    ("brought", "kept"),
    [({"refresh_token": "refresh-2"}, ("refresh-2", "refresh-0")), ({}, ("refresh-0",))],
)
def test_the_refresh_token_that_worked_is_kept_and_not_the_one_that_was_refused(
    machine: Machine, brought: dict[str, str], kept: tuple[str, ...]
) -> None:
    machine.store.write(USER.key, Stored(refresh_token="refresh-1", previous="refresh-0"))
    refused = refusal(70008, "invalid_grant", 400)

    assert acquired(machine.process(), refused, token("one", **brought), user=True) == "one"
    assert machine.store.read(USER.key).refresh_tokens == kept


def test_a_refresh_token_that_worked_and_stays_keeps_the_one_before(machine: Machine) -> None:
    machine.store.write(USER.key, Stored(refresh_token="refresh-1", previous="refresh-0"))

    assert acquired(machine.process(), token("one"), user=True) == "one"
    assert machine.store.read(USER.key).refresh_tokens == ("refresh-1", "refresh-0")
