"""The tokens of this machine: encrypted files that tasks, triggerer, API server and CLI share."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

from airflow_provider_bc.auth.grant import TokenKey
from airflow_provider_bc.auth.stored import Stored

log = logging.getLogger(__name__)

_PRIVATE = 0o077
_LARGEST = 1_000_000
_ABANDONED = 60.0

_held: dict[tuple[int, Path], object] = {}  # a fork inherits this, but none of the locks


class Cipher(Protocol):
    """What encrypts the files, such as Airflow's Fernet."""

    def encrypt(self, msg: bytes, /) -> bytes:
        """Encrypt and sign."""
        ...

    def decrypt(self, msg: bytes, /) -> bytes:
        """Check and decrypt; any exception means that the content is not ours."""
        ...


class TokenStore:
    """A folder with one encrypted file for each token key.

    A file that is corrupt, foreign, readable to others or encrypted with another key is ignored
    with a warning, one in each process. A file is replaced whole: written beside, synced, renamed.

    :param folder: where; it is made on first use, for its owner only.
    :param cipher: what encrypts.
    :param now: the wall clock, in Unix seconds, that ends of tokens are written in.
    """

    def __init__(self, folder: Path, cipher: Cipher, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._cipher = cipher
        self.now = now

    def __repr__(self) -> str:
        return f"TokenStore({str(self._folder)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("The token store is not pickled: it holds a key.")

    def read(self, key: TokenKey) -> Stored:
        """Read what is kept under a key.

        :return: the tokens; none for a file that is missing, and none but the reason for one that
            cannot be trusted.
        """
        path = self._path(key, "token")
        try:
            content = _read_private(path)
            if content is None:
                return Stored()
            record: Any = json.loads(self._cipher.decrypt(content))
            if record.pop("key") == [*key]:
                return Stored(**record)
            reason = "it belongs to another sign-in"
        except _NotTrustedError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a cipher of any make says no in its own way
            reason = f"it cannot be decrypted and read ({type(error).__name__})"
        _warn_once(path, reason)
        return Stored(ignored=reason)

    def write(self, key: TokenKey, stored: Stored) -> None:
        """Keep tokens under a key, in place of what was kept; the caller holds the lock.

        :raises OSError: when that is not possible; what was kept is kept then.
        """
        record = json.dumps({**stored.as_dict(), "key": [*key]})
        content = self._cipher.encrypt(record.encode())
        folder = self._own_folder()
        path = self._path(key, "token")
        for left in folder.glob(f"{path.stem}.*.new"):  # by a process that was killed
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < self.now() - _ABANDONED:
                    left.unlink()
        new = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.new")
        try:
            _write_private(new, content)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        _sync_folder(folder)

    @contextmanager
    def locked(self, key: TokenKey) -> Iterator[bool]:
        """Try to hold a key's lock; who does not get it at once is told, and does not wait.

        The lock is one of the kernel on a file of its own: it ends with the process that holds it,
        however that ends, and a fork does not inherit it. It belongs to the process, which drops
        it when it closes the file anywhere: whoever else wants it here is refused beforehand.
        https://pubs.opengroup.org/onlinepubs/9699919799/functions/fcntl.html

        :return: whether the lock is held until the block ends.
        :raises OSError: when there can be no lock.
        """
        self._own_folder()
        path, mine = self._path(key, "lock"), object()
        claim = (os.getpid(), path)
        if _held.setdefault(claim, mine) is not mine:
            yield False
            return
        try:
            with _locked(path) as held:
                yield held
        finally:
            del _held[claim]

    def _path(self, key: TokenKey, kind: str) -> Path:
        digest = hashlib.sha256(json.dumps([*key]).encode()).hexdigest()
        return self._folder / f"{digest}.{kind}"

    def _own_folder(self) -> Path:
        with suppress(FileExistsError):
            self._folder.mkdir(mode=0o700, parents=True)
        found = self._folder.stat()
        if found.st_uid != os.geteuid() or found.st_mode & _PRIVATE:
            raise PermissionError(errno.EPERM, "the folder is not its owner's alone")
        return self._folder


class _NotTrustedError(Exception):
    """A file that somebody else may have read or written."""


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    file = os.open(path, flags, 0o600)
    try:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: somebody holds it
            held = False
        else:
            held = True
        yield held
    finally:
        os.close(file)


_warned: set[tuple[int, Path]] = set()  # a fork is a process of its own


def _warn_once(path: Path, reason: str) -> None:
    if (os.getpid(), path) not in _warned:
        _warned.add((os.getpid(), path))
        log.warning("The stored token %s is ignored: %s.", path, reason)


def _read_private(path: Path) -> bytes | None:
    """Read a file that is this user's alone; None when there is none."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _NotTrustedError(f"it cannot be opened ({type(error).__name__})") from None
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise _NotTrustedError("it belongs to somebody else, or is no file")
        if found.st_mode & _PRIVATE:
            raise _NotTrustedError("others may read or write it (its mode must be 0600)")
        if found.st_size > _LARGEST:
            raise _NotTrustedError("it is too large")
        return opened.read()


def _write_private(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename outlive a power cut."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
