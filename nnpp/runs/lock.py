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
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.atomic import os_errors_about

NAME = "lock"

NO_FLOCK = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL, errno.EBADF)
"""How a file system says that it has no locks; the last, that it has none for folders."""


@dataclass(frozen=True)
class Owner:
    """What a lock file says of the process that wrote it."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on host {self.host} since {self.since}"

    def has_ended(self) -> bool:
        """Whether there is surely no process of that number on this host."""
        if self.host != socket.gethostname():
            return False
        try:
            with suppress(PermissionError):  # another user's is alive
                os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return True
        return False


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Lock `folder` during the block and yield the lock file; an InputError names its owner.

    Forked children release the lock at once, so that none keeps the lock of a parent that was
    killed. At the end the file is removed while it is still locked: whoever opened it before
    finds, once it has the lock, that the name is gone or another file, and opens it again.
    """
    path = folder / NAME
    handles: list[int] = []
    os.register_at_fork(after_in_child=partial(_let_go, handles))
    try:
        with os_errors_about(path, "cannot be locked"):
            _take(path, handles)
        try:
            yield path
        finally:
            _remove(path, handles)
    finally:
        _let_go(handles)


def _take(path: Path, handles: list[int]) -> None:
    """Lock folder and file, and write down who did; adds their handles, the file's last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _lock(path.parent, os.O_RDONLY, handles)
        sure = _lock(path, os.O_RDWR | os.O_CREAT, handles)
        while not _is(path, handles[-1]):
            sure = _lock(path, os.O_RDWR | os.O_CREAT, handles)
    except BlockingIOError as taken:
        raise _refusal(path) from taken
    if not sure:
        _refuse_believed(path)
    _sign(handles[-1])


def _lock(path: Path, flags: int, handles: list[int]) -> bool:
    """True if locked now, False if the file system cannot; a BlockingIOError if it is taken."""
    handles.append(os.open(path, flags, 0o666))
    try:
        fcntl.flock(handles[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_FLOCK:
            raise
        return False
    return True


def _is(path: Path, handle: int) -> bool:
    """Whether `path` still names the open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _sign(handle: int) -> None:
    """Write into the file who holds it; what a killed process left there goes."""
    now = datetime.now().astimezone()
    owner = Owner(os.getpid(), socket.gethostname(), f"{now:%Y-%m-%d %H:%M:%S %z}")
    line = (json.dumps(asdict(owner)) + "\n").encode()
    os.pwrite(handle, line, 0)
    os.ftruncate(handle, len(line))


def _owner(path: Path) -> Owner | None:
    """Who signed the file, if that can be read."""
    try:
        said = json.loads(path.read_bytes())
        return Owner(int(said["pid"]), str(said["host"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _refusal(path: Path) -> InputError:
    """Return the error that names the process in the lock file."""
    owner = _owner(path)
    if owner and owner.has_ended():
        what = f"is still held by what process {owner.pid} on host {owner.host} started"
        return InputError(what, "end that as well", path.parent)
    what = f"is being trained by {owner or 'another process'}"
    return InputError(what, "wait, or stop it", path.parent)


def _refuse_believed(path: Path) -> None:
    """The weaker rule; a process of our own number is one from before a restart."""
    owner = _owner(path)
    if owner and owner.pid != os.getpid() and not owner.has_ended():
        what = f"is being trained by {owner}, says its lock file"
        remedy = "wait, or stop it, or remove the file if it has ended"
        raise InputError(what, remedy, path)


def _remove(path: Path, handles: list[int]) -> None:
    """Remove the file if it is still ours; a child has no handles, and removes nothing."""
    with suppress(OSError):  # a file that remains is unlocked and blocks no process
        if handles and _is(path, handles[-1]):
            path.unlink()


def _let_go(handles: list[int]) -> None:
    """Close all handles, and with them end the locks."""
    while handles:
        os.close(handles.pop())
