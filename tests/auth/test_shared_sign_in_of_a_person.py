"""A person signs in once, and every process of the machine renews."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.grant import Granted
from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import Stored
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.errors import AuthenticationError, ConfigurationError
from airflow_provider_bc.wire import Pause, Request, Response
from tests.auth.machine import USER, Machine, acquired
from tests.auth.processes import LockedElsewhere
from tests.peer import PATIENT, Peer, refusal, token


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "tokens")


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
