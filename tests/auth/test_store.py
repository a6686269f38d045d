from __future__ import annotations

import copy
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from airflow_provider_bc.auth.store import TokenStore
from airflow_provider_bc.auth.stored import Stored
from tests.auth.processes import LockedElsewhere
from tests.peer import HandClock, grant

KEY = grant().key
STORED = Stored("access-secret", 1_000.0, 4_600.0, 4_300.0, "refresh-secret", "previous-secret")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "tokens"


@pytest.fixture
def store(folder: Path) -> TokenStore:
    return TokenStore(folder, Fernet(Fernet.generate_key()), HandClock())


def the_file(folder: Path) -> Path:
    (file,) = folder.glob("*.token")
    return file


def test_what_is_written_is_read(store: TokenStore) -> None:
    store.write(KEY, STORED)

    assert store.read(KEY) == STORED


def test_nothing_is_read_where_nothing_was_written(store: TokenStore, folder: Path) -> None:
    assert store.read(KEY) == Stored()
    assert not folder.exists()


def test_keys_do_not_share_a_file(store: TokenStore) -> None:
    store.write(KEY, STORED)

    assert store.read(KEY._replace(scope="other")) == Stored()


def test_folder_and_files_are_the_owners_alone(store: TokenStore, folder: Path) -> None:
    before = os.umask(0)
    try:
        with store.locked(KEY):
            store.write(KEY, STORED)
    finally:
        os.umask(before)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(file.suffix for file in folder.iterdir()) == [".lock", ".token"]
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_no_file_holds_or_names_a_secret(store: TokenStore, folder: Path) -> None:
    store.write(KEY, STORED)

    content = b"".join(file.read_bytes() + file.name.encode() for file in folder.iterdir())
    for secret in ("access-secret", "refresh-secret", "previous-secret", *KEY):
        assert secret.encode() not in content
    assert "secret" not in f"{STORED!r} {store!r}"


def corrupt(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def encrypted_otherwise(file: Path) -> None:
    file.write_bytes(Fernet(Fernet.generate_key()).encrypt(b"{}"))


def readable_to_a_group(file: Path) -> None:
    file.chmod(0o640)


def writable_for_others(file: Path) -> None:
    file.chmod(0o602)


def a_link(file: Path) -> None:
    target = file.with_suffix(".elsewhere")
    file.rename(target)
    file.symlink_to(target)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def huge(file: Path) -> None:
    os.truncate(file, 1_000_001)


@pytest.mark.parametrize(
    "spoil",
    [
        corrupt,
        empty,
        encrypted_otherwise,
        readable_to_a_group,
        writable_for_others,
        a_link,
        a_folder,
        a_pipe,
        huge,
    ],
)
def test_a_file_that_cannot_be_trusted_is_ignored_with_a_warning(
    spoil: Callable[[Path], None],
    store: TokenStore,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.write(KEY, STORED)
    spoil(the_file(folder))

    assert store.read(KEY) == store.read(KEY) == Stored()

    (record,) = caplog.records
    assert (store.read(KEY).ignored or "missing") in record.message
    assert record.levelname == "WARNING"
    assert "is ignored" in record.message
    assert "secret" not in caplog.text


def test_a_file_of_another_owner_is_ignored_with_a_warning(
    store: TokenStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    store.write(KEY, STORED)
    os.chown(the_file(folder), 65534, 65534)

    assert store.read(KEY) == Stored()
    assert "belongs to somebody else" in caplog.text


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"key": [], "x": 1}', b"null"])
def test_a_record_of_another_make_is_ignored(
    content: bytes, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cipher = Fernet(Fernet.generate_key())
    store = TokenStore(folder, cipher)
    store.write(KEY, STORED)
    the_file(folder).write_bytes(cipher.encrypt(content))

    assert store.read(KEY) == Stored()
    assert "is ignored" in caplog.text


def test_a_file_that_was_renamed_is_not_taken_for_another_key(
    store: TokenStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = KEY._replace(scope="other")
    store.write(other, STORED)
    foreign = the_file(folder)
    store.write(KEY, STORED)
    (own,) = set(folder.glob("*.token")) - {foreign}
    foreign.replace(own)

    assert store.read(KEY) == Stored()
    assert "belongs to another sign-in" in caplog.text


def test_a_folder_that_others_may_read_is_not_used(store: TokenStore, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)

    with pytest.raises(PermissionError, match="not its owner's alone"), store.locked(KEY):
        pass
    with pytest.raises(PermissionError):
        store.write(KEY, STORED)


def test_what_a_killed_process_left_is_cleared_away(store: TokenStore, folder: Path) -> None:
    store.write(KEY, STORED)
    left = the_file(folder).with_suffix(".1-ab.new")
    left.write_bytes(b"half")
    os.utime(left, (store.now() - 61, store.now() - 61))
    under_way = the_file(folder).with_suffix(".2-cd.new")
    under_way.write_bytes(b"half")

    store.write(KEY, Stored("new"))

    assert {*folder.iterdir()} == {the_file(folder), under_way}
    assert store.read(KEY).access_token == "new"


def test_a_write_that_fails_keeps_what_was_kept(store: TokenStore, folder: Path) -> None:
    store.write(KEY, STORED)
    path = the_file(folder)
    path.unlink()
    path.mkdir()

    with pytest.raises(OSError, match=r"directory"):
        store.write(KEY, Stored("new"))

    assert [*folder.iterdir()] == [path]


def test_a_second_lock_in_one_process_is_refused_and_does_not_drop_the_first(
    store: TokenStore, folder: Path
) -> None:
    with store.locked(KEY) as first:
        with TokenStore(folder, Fernet(Fernet.generate_key())).locked(KEY) as second:
            assert (first, second) == (True, False)
        with pytest.raises(BlockingIOError), LockedElsewhere(store, KEY):
            pass
    with store.locked(KEY) as again:
        assert again


def test_a_lock_that_the_system_refuses_is_an_error(store: TokenStore, folder: Path) -> None:
    with store.locked(KEY) as held:
        assert held
    (lock,) = folder.glob("*.lock")
    lock.unlink()
    lock.symlink_to("elsewhere")

    with pytest.raises(OSError, match="symbolic"), store.locked(KEY):
        pass


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_neither_store_nor_tokens_are_pickled(store: TokenStore, duplicate: Any) -> None:
    for thing in (store, STORED):
        with pytest.raises(TypeError, match="not pickled"):
            duplicate(thing)


def test_a_token_from_the_future_is_none_because_the_clock_was_set_back() -> None:
    assert STORED.token(0.0, 939.0) is None
    assert STORED.token(0.0, 940.0) is not None
    assert Stored(refresh_token="r").token(0.0, 0.0) is None


def test_ends_of_tokens_are_moved_to_the_clock_of_the_process() -> None:
    token = STORED.token(50.0, 1_100.0)

    assert token is not None
    assert (token.expires_at, token.refresh_at) == (3_550.0, 3_250.0)
    assert token.bearer() == "Bearer access-secret"


def test_refresh_tokens_come_newest_first() -> None:
    assert STORED.refresh_tokens == ("refresh-secret", "previous-secret")
    assert Stored().refresh_tokens == ()


def test_the_record_is_plain_json() -> None:
    assert Stored(**json.loads(json.dumps(STORED.as_dict()))) == STORED
    assert "ignored" not in Stored(ignored="a reason of the reader's").as_dict()
