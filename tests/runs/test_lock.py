"""One trainer in one folder, whatever becomes of the trainer, its children and its file."""

import errno
import fcntl
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnpp.errors import InputError
from nnpp.runs.lock import held

HOLD = """
import os, sys, time
from pathlib import Path
from nnpp.runs.lock import held
with held(Path(sys.argv[1])):
    {inside}
    print(os.getpid(), flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def trainer(
    folder: Path, inside: str = "pass", seconds: float = 60
) -> Iterator[subprocess.Popen]:
    """Another process that holds the folder; killed at the end."""
    command = [sys.executable, "-c", HOLD.format(inside=inside), str(folder), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught, held(folder):
        pass
    return str(caught.value)


def test_the_error_names_the_first_trainer(tmp_path):
    with trainer(tmp_path) as first:
        message = refused(tmp_path)
    name = f"process {first.pid} on host {re.escape(socket.gethostname())}"
    since = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"
    assert re.search(f"is in use by {name} {since}; wait, or stop it", message)
    assert "\n" not in message


def test_the_file_names_the_owner_and_is_removed_at_the_end(tmp_path):
    with held(tmp_path / "new" / "run") as lock:
        said = json.loads(lock.path.read_text())
        assert (said["pid"], said["host"]) == (os.getpid(), socket.gethostname())
        assert said["since"]
        refused(tmp_path / "new" / "run")
        with held(tmp_path):
            pass
    assert not lock.path.exists()
    with pytest.raises(ZeroDivisionError), held(lock.path.parent):
        raise ZeroDivisionError
    assert not lock.path.parent.exists()


def test_a_folder_is_removed_only_if_it_was_made_and_is_empty(tmp_path):
    """A command that fails leaves no folder behind."""
    (tmp_path / "old").mkdir()
    with held(tmp_path / "old"), held(tmp_path / "new" / "run"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    with held(tmp_path / "new" / "run"):
        (tmp_path / "new" / "mine").touch()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["mine"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_trainer_releases_the_lock(tmp_path, how):
    with trainer(tmp_path) as first:
        first.send_signal(how)
        first.wait()
        assert (tmp_path / "lock").exists()
        with held(tmp_path) as lock:
            assert json.loads(lock.path.read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stale", ["", "no JSON", '{"pid": 1}', "[1e999]" * 999, "\0"])
def test_stale_content_is_overwritten(tmp_path, stale):
    (tmp_path / "lock").write_text(stale)
    with held(tmp_path) as lock:
        assert json.loads(lock.path.read_text())["pid"] == os.getpid()
        lock.path.write_text(stale)
        assert "is in use by another process; wait" in refused(tmp_path)


def test_a_removed_file_does_not_admit_a_second_trainer(tmp_path):
    with trainer(tmp_path) as first:
        (tmp_path / "lock").unlink()
        assert "is in use by another process" in refused(tmp_path)
        assert list(tmp_path.iterdir()) == []
        assert first.poll() is None


def test_a_file_of_another_is_not_removed(tmp_path):
    with held(tmp_path) as lock:
        lock.path.unlink()
        lock.path.write_text("another's")
    assert lock.path.read_text() == "another's"


def test_children_do_not_keep_the_lock(tmp_path):
    """A forked child and a started program outlive the trainer that was killed."""
    inside = (
        "import subprocess; subprocess.Popen(['sleep', '5'], stdout=subprocess.DEVNULL);"
        "end, start = os.pipe(); pid = os.fork();"
        "pid or (os.close(1), os.write(start, b'!'), time.sleep(5), os._exit(0));"
        "os.read(end, 1)"
    )
    with trainer(tmp_path, inside) as first:
        refused(tmp_path)
        first.kill()
        first.wait()
        with held(tmp_path):
            pass


def test_a_child_that_ends_does_not_unlock(tmp_path):
    with trainer(tmp_path, "os.fork() or sys.exit()\n    os.wait()") as first:
        assert str(first.pid) in refused(tmp_path)
        assert (tmp_path / "lock").exists()


def test_a_lock_that_outlives_its_process_is_reported(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    owner = {"pid": int(ended.stdout), "host": socket.gethostname(), "since": "then"}
    with held(tmp_path) as lock:
        lock.path.write_text(json.dumps(owner))
        assert f"a child of process {owner['pid']} on host" in refused(tmp_path)


def test_a_place_that_cannot_be_locked(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "run" / "lock").mkdir(parents=True)
    for name in ("file", "file/run", "run"):
        assert "cannot be locked" in refused(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch, number):
    real = os.open

    def limited(path, flags, mode=0o777):
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", limited)
    message = refused(tmp_path)
    assert f"lock: cannot be locked: {os.strerror(number).lower()}; choose a folder" in message


@pytest.fixture(params=["folders", "files too"])
def unlockable(request, monkeypatch):
    """Replace flock by that of NFS, which locks no folders, and of file systems without it."""
    real = fcntl.flock

    def flock(handle: int, kind: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if is_folder or request.param == "files too":
            raise OSError(errno.EBADF if is_folder else errno.ENOSYS, "no locks")
        real(handle, kind)

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.usefixtures("unlockable")
def test_without_locks_the_recorded_process_counts(tmp_path):
    with trainer(tmp_path) as first:
        assert f"is in use by process {first.pid}" in refused(tmp_path)
        first.kill()
        first.wait()
        with held(tmp_path) as lock:
            assert json.loads(lock.path.read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_without_locks_a_process_of_another_host_counts(tmp_path, monkeypatch):
    def flock(handle: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    there = {"pid": 1, "host": f"not-{socket.gethostname()}", "since": "then"}
    (tmp_path / "lock").write_text(json.dumps(there))
    message = refused(tmp_path)
    assert f"process 1 on host {there['host']} since then, according to its lock" in message
    assert "remove the file if it has ended" in message
    before_restart = there | {"pid": os.getpid(), "host": socket.gethostname()}
    (tmp_path / "lock").write_text(json.dumps(before_restart))
    with held(tmp_path):
        pass


@pytest.mark.usefixtures("unlockable")
def test_a_file_that_is_removed_between_opening_and_locking(tmp_path, monkeypatch):
    """Its owner has ended: the file must be opened again."""
    real, gone = fcntl.flock, []

    def flock(handle: int, kind: int) -> None:
        if not gone and (tmp_path / "lock").exists():
            gone.append((tmp_path / "lock").unlink())
        real(handle, kind)

    monkeypatch.setattr(fcntl, "flock", flock)
    with held(tmp_path) as lock:
        assert gone
        assert json.loads(lock.path.read_text())["pid"] == os.getpid()
