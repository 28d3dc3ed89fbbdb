"""A search may do no harm: what a confined child process tries to do besides computing does not happen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from noxtasks.mutation.learning import searcher
from noxtasks.suite.launch import PROBE_FOLDER

pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="without forks there is no search"),
]

DEEDS = {
    "remove": "os.remove('victim')",
    "unlink by pathlib": "pathlib.Path('victim').unlink()",
    "overwrite": "open('victim', 'w')",
    "append": "open('victim', 'a').write('x')",
    "update": "open('victim', 'r+').write('x')",
    "create": "open('new', 'x')",
    "create by descriptor": "os.open('new', os.O_CREAT | os.O_WRONLY)",
    "write to what was open": "os.write(held, b'x')",
    "write by the old file": "(held_file.write('x'), held_file.flush())",
    "rename": "os.rename('victim', 'new')",
    "truncate": "os.truncate('victim', 0)",
    "chmod": "os.chmod('victim', 0)",
    "link": "os.link('victim', 'new')",
    "symlink": "os.symlink('victim', 'new')",
    "mkdir": "os.mkdir('new')",
    "fifo": "os.mkfifo('new')",
    "fifo by posix": "__import__('posix').mkfifo('new')",
    "rmtree": "shutil.rmtree('folder')",
    "copy": "shutil.copy('victim', 'new')",
    "temporary file": "tempfile.mkstemp(dir='.')",
    "database": "sqlite3.connect('new').execute('create table t (a)')",
    "shell": "os.system('touch new')",
    "process": "subprocess.run(['touch', 'new'])",
    "spawn": "os.posix_spawn('/bin/sh', ['sh', '-c', 'touch new'], {})",
    "exec": "os.execv('/bin/sh', ['sh', '-c', 'touch new'])",
    "fork": "os.fork() or (open('new', 'x'), os._exit(0))",
    "multiprocessing": "multiprocessing.get_context('fork').Process(target=os.mkdir, args=('new',)).start()",
    "connect": "socket.create_connection(('127.0.0.1', port), 1)",
    "send": "connected.send(b'x')",
    "signal": "os.kill(os.getppid(), signal.SIGTERM)",
    "ctypes": "__import__('ctypes').CDLL(None).remove(b'victim')",
    "swallowed": "swallow(lambda: os.remove('victim'))",
}
PROGRAM = """
import json, multiprocessing, os, pathlib, shutil, signal, socket, sqlite3, subprocess, sys, tempfile
from noxtasks_search.guard import in_child

def swallow(deed):
    try:
        deed()
    except BaseException:
        pass

server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
connected = socket.create_connection(("127.0.0.1", port))
other, _ = server.accept()
other.setblocking(False)
server.setblocking(False)
held_file = open("held", "a")
held = os.open("held", os.O_WRONLY | os.O_APPEND)
folder = os.getcwd()

def stopped(deed):
    def work(guard):
        try:
            guard.within(2, lambda: eval(deed))
        except BaseException as error:
            yield guard.refused or type(error).__name__
        else:
            yield guard.refused
    return in_child(work, folder, 10)

def heard():
    for stream, ask in ((server, lambda: server.accept()), (other, lambda: other.recv(1))):
        try:
            if ask():
                return True
        except BlockingIOError:
            pass
    return False

before = sorted(os.listdir())
answer = {}
for name, deed in json.loads(sys.argv[1]).items():
    answer[name] = {"stopped": stopped(deed), "heard": heard()}
answer["plain"] = in_child(lambda guard: iter([str(sum(json.loads("[1, 2]")))]), folder, 10)
answer["hangs"] = stopped("[None for _ in iter(int, 1)]")
answer["eats"] = stopped("bytearray(1 << 34)")
answer["listing"] = [before, sorted(os.listdir())]
print(json.dumps(answer))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("confined")
    (folder / "victim").write_text("alive")
    (folder / "held").write_text("")
    (folder / "folder").mkdir()
    path = os.pathsep.join([str(Path(searcher.__file__).parent), str(PROBE_FOLDER)])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), json.dumps(DEEDS)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["victim"] = (folder / "victim").read_text(), (folder / "victim").stat().st_mode & 0o400
    found["held"] = (folder / "held").read_text()
    return found


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_stopped(answer: dict[str, Any], deed: str) -> None:
    told = answer[deed]
    (how,) = told["stopped"][0] or ["died"]
    assert how not in {"", "NameError", "SyntaxError", "TypeError", "AttributeError", "ModuleNotFoundError"}
    assert told["heard"] is False


def test_nothing_has_changed_outside(answer: dict[str, Any]) -> None:
    before, after = answer["listing"]
    assert before == after == ["folder", "held", "victim"]
    assert answer["victim"] == ("alive", 0o400)
    assert answer["held"] == ""


def test_what_only_computes_is_let_be(answer: dict[str, Any]) -> None:
    assert answer["plain"] == [["3"], ""]


def test_a_call_without_end_or_bounds_is_ended(answer: dict[str, Any]) -> None:
    assert answer["hangs"] == [["TooLong"], ""]
    if sys.platform == "linux":  # elsewhere a limit of memory is a wish
        assert answer["eats"] == [["MemoryError"], ""]


def test_without_the_guard_the_same_deeds_are_done(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("alive")
    deeds = "\n".join(DEEDS[name] for name in ("mkdir", "remove"))
    subprocess.run([sys.executable, "-c", f"import os\n{deeds}"], cwd=tmp_path, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
