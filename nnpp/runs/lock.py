"""One trainer per folder: flock(2) on `folder/lock`, released by the kernel with its process.

The folder itself is locked too, if the file system can do so: removing the lock file then does
not admit a second trainer. NFS cannot lock folders: there only the file is locked. On a file
system without flock the process named in the file is assumed to train until it is known to have
ended; two processes that start at the same instant are not detected.
"""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.atomic import os_errors_about
from nnpp.files.text import exists, read_bytes

NAME = "lock"

LONGEST = 10_000
"""Largest lock file that is read [bytes]."""

NO_FLOCK = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL, errno.EBADF)
"""Errors of a file system without locks; the last is that of one without locks of folders."""


@dataclass(frozen=True)
class Owner:
    """The process that wrote a lock file, as recorded there.

    Attributes:
        pid: its number.
        host: the machine on which it runs.
        since: when it locked the folder.
        steps: the step up to which it trains; None if it does not train.
    """

    pid: int
    host: str
    since: str
    steps: int | None = None

    def __str__(self) -> str:
        return f"process {self.pid} on host {self.host} since {self.since}"

    def has_ended(self) -> bool:
        """Return whether the process ran on this host and has certainly ended."""
        if self.host != socket.gethostname():
            return False
        try:
            with suppress(PermissionError):  # a process of another user is alive
                os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return True
        return False


@dataclass(frozen=True)
class Held:
    """A locked folder.

    Attributes:
        path: the lock file.
        handles: the open folder, and last the open lock file.
    """

    path: Path
    handles: list[int] = field(default_factory=list)

    def require(self) -> None:
        """Raise an InputError if the folder or its lock file is no longer the one opened.

        Call it before each write: a folder of the same name is not locked by this process.
        """
        folder = self.path.parent
        if not _is(folder, self.handles[0]):
            what = "was removed, renamed or replaced by another process"
        elif not _is(self.path, self.handles[-1]):
            what = "lost its lock file, so that another process may write here as well"
        else:
            return
        raise InputError(what, "restore it, and run the command again", folder)


def user_of(folder: Path) -> Owner | None:
    """Return the process that uses a folder according to its lock file; None if it has ended.

    Nothing is locked or written, so that other processes are not disturbed.
    """
    owner = _owner(folder / NAME)
    return None if owner is None or owner.has_ended() else owner


@contextmanager
def held(folder: Path, steps: int | None = None) -> Iterator[Held]:
    """Lock `folder` during the block and yield the lock; an InputError names its owner.

    `steps`, up to which this process trains, is recorded for `nnpp watch`.

    Forked children release the lock at once, so that none keeps the lock of a parent that was
    killed. At the end the file is removed while it is still locked: a process that opened it
    before then finds that the name is gone or belongs to another file, and opens it again.
    A folder that was made for the lock is removed if nothing was written into it.
    """
    lock = Held(folder / NAME)
    path, handles = lock.path, lock.handles
    created = [p for p in (folder, *folder.parents) if not exists(p)]
    os.register_at_fork(after_in_child=partial(_release, handles))
    try:
        with os_errors_about(path, "cannot be locked"):
            _take(path, handles, steps)
        try:
            yield lock
        finally:
            _remove(path, handles, created)
    finally:
        _release(handles)


def _take(path: Path, handles: list[int], steps: int | None) -> None:
    """Lock folder and file, add their handles, the file last, and record the owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _lock(path.parent, os.O_RDONLY, handles)
        sure = _lock(path, os.O_RDWR | os.O_CREAT, handles)
        while not _is(path, handles[-1]):
            sure = _lock(path, os.O_RDWR | os.O_CREAT, handles)
    except BlockingIOError as taken:
        raise _refusal(path) from taken
    if not sure:
        _refuse_recorded(path)
    _record(handles[-1], steps)


def _lock(path: Path, flags: int, handles: list[int]) -> bool:
    """Return whether the file system can lock `path`; raise BlockingIOError if it is locked."""
    handles.append(os.open(path, flags, 0o666))
    try:
        fcntl.flock(handles[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_FLOCK:
            raise
        return False
    return True


def _is(path: Path, handle: int) -> bool:
    """Return whether `path` still names the open file."""
    with suppress(OSError):  # NFS has no fstat for a folder that was removed
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _record(handle: int, steps: int | None) -> None:
    """Record this process as the owner; overwrite what a killed process recorded."""
    now = datetime.now().astimezone()
    owner = Owner(os.getpid(), socket.gethostname(), f"{now:%Y-%m-%d %H:%M:%S %z}", steps)
    line = (json.dumps(asdict(owner)) + "\n").encode()
    os.pwrite(handle, line, 0)
    os.ftruncate(handle, len(line))


def _owner(path: Path) -> Owner | None:
    """Return the owner that the file names; None if it cannot be read."""
    try:
        found = json.loads(read_bytes(path, LONGEST))
        owner = Owner(int(found["pid"]), str(found["host"]), str(found["since"]))
        steps = found.get("steps")
        return owner if steps is None else replace(owner, steps=int(steps))
    except (InputError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _refusal(path: Path) -> InputError:
    """Return the error that names the process in the lock file."""
    owner = _owner(path)
    if owner and owner.has_ended():
        what = f"is locked by a child of process {owner.pid} on host {owner.host}, which ended"
        return InputError(what, "end the child as well", path.parent)
    what = f"is in use by {owner or 'another process'}"
    return InputError(what, "wait, or stop it", path.parent)


def _refuse_recorded(path: Path) -> None:
    """Raise an error if the owner in the file may be running, without help of the file system.

    An owner with the number of this process wrote the file before a restart.
    """
    owner = _owner(path)
    if owner and owner.pid != os.getpid() and not owner.has_ended():
        what = f"is in use by {owner}, according to its lock file"
        remedy = "wait, or stop it, or remove the file if it has ended"
        raise InputError(what, remedy, path)


def _remove(path: Path, handles: list[int], created: list[Path]) -> None:
    """Remove the file if this process owns it; a child has no handles and removes nothing.

    Of the folders that this process created, the empty ones are removed.
    """
    with suppress(OSError):  # a file that remains is unlocked and blocks no process
        if handles and _is(path, handles[-1]):
            path.unlink()
            for folder in created:
                folder.rmdir()


def _release(handles: list[int]) -> None:
    """Close all handles, which ends the locks."""
    while handles:
        os.close(handles.pop())
