"""What is a finding, and above all what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.matrix.lint import reading

FOUND = [
    ("separator", 'import os\nx = os.path.relpath(a)\nassert "src/a.py" in x'),
    ("separator", "import os\nos.environ['PATH'].split(':')"),
    ("separator", "from pathlib import Path\nassert str(Path('a') / 'b').endswith('a/b')"),
    ("separator", "def test(tmp_path):\n    assert str(tmp_path / 'a').split('/')[-1] == 'a'"),
    ("fixed-path", "from pathlib import Path\nPath('/tmp/x').mkdir()"),
    ("fixed-path", "import os\nos.listdir('/etc/ssl')"),
    ("fixed-path", "import subprocess, sys\nsubprocess.run([sys.executable], cwd='/tmp')"),
    ("fixed-path", "open('/dev/null', 'wb')"),
    ("fixed-path", "open(f'/tmp/{name}', 'rb')"),
    ("file-name", "def test(tmp_path):\n    (tmp_path / 'nul.txt').touch()"),
    ("file-name", "import os\nopen(os.path.join(d, 'what?'), 'wb')"),
    ("rename", "import os\nos.rename(tmp_name, name)"),
    ("rename", "import os\ntry:\n    os.rename(tmp, path)\nexcept OSError:\n    os.unlink(tmp)\n    raise"),
    ("open-file", "import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    open(f.name, 'rb')"),
    ("open-file", "import tempfile, shutil\nwith tempfile.NamedTemporaryFile() as f:\n    shutil.copy(f.name, a)"),
    ("encoding", "open(p)"),
    ("encoding", "open(p, 'w')"),
    ("encoding", "open(p, mode='a')"),
    ("encoding", "import tempfile\ntempfile.NamedTemporaryFile('w')"),
    ("encoding", "p.write_text('caf\u00e9')"),
    ("encoding", "p.write_text(text)"),
    ("encoding", "(folder / name).write_text(text)"),
    ("encoding", "def f(target, text):\n    target.write_text(text)"),
    ("encoding", "import pathlib\ndef f(out, text):\n    out.write_text(text)"),
    ("newline", "import subprocess\np = subprocess.run(a, stdout=-1)\nassert p.stdout == b'a\\n'"),
    ("strftime", "import time\ntime.strftime('%Y-%-m')"),
    ("strftime", "f'{moment:%#d}'"),
    ("strftime", "int(d.strftime('%s'))"),
    ("locale", "import locale\nlocale.setlocale(locale.LC_TIME, 'en_US.UTF-8')"),
    ("system-call", "import fcntl"),
    ("system-call", "from signal import SIGALRM"),
    ("system-call", "import os\ndef f():\n    return os.getuid()"),
    ("system-call", "import socket\nsocket.socket(socket.AF_UNIX)"),
    ("system-call", "import msvcrt"),
    ("system-call", "try:\n    import pwd\nexcept ImportError:\n    raise"),
    ("platform-name", "import sys\nif sys.platform == 'windows': pass"),
    ("platform-name", "import platform\nplatform.system() == 'linux'"),
    ("platform-name", "import os\nos.name == 'win32'"),
    ("shell", "import os\nos.system('rm -rf x')"),
    ("shell", "import subprocess\nsubprocess.run('echo $HOME', shell=True)"),
    ("shell", "import subprocess\nsubprocess.Popen(['sleep', '3'])"),
    ("shell", "import subprocess\nsubprocess.check_call(['python3', '-m', 'x'])"),
    ("shell", "import subprocess\nsubprocess.check_call(['/bin/sh', '-c', 'x'])"),
    ("mode-bits", "import os, stat\nassert stat.S_IMODE(os.stat(p).st_mode) == 0o644"),
    ("mode-bits", "self.assertEqual(oct(os.stat(p).st_mode)[-3:], '600')"),
]

NONE = [
    "import os, sys\nsys.stdin = open(os.devnull)",
    "class Writer:\n    def write_text(self, text): ...\n\ndef f(writer):\n    writer.write_text(text)",
    "def show(formatter, text):\n    formatter.write_text(text)",
    "def show(self, text):\n    self.out.write_text(text.upper())",
    "import ctypes\ntry:\n    from socket import inet_pton\nexcept ImportError:\n    f = ctypes.windll.ws2_32.x",
    "import os\nassert os.path.join('a', 'b') == os.path.join('a', 'b')",
    "from pathlib import Path\nassert Path('a', 'b') == Path('a/b')",
    "from pathlib import Path\nassert Path('a', 'b').as_posix() == 'a/b'",
    "assert url == 'https://example.org/a'",
    "assert name.split('/') == ['a', 'b']",
    "import os\nassert os.path.basename(x) == 'a'",
    "import os\nos.getcwd() == '<b>/'",
    "PATH = '/tmp/x'",
    "def test():\n    assert parse('/tmp/x').parts",
    "import os\nopen(os.devnull, 'wb')",
    "import os\nos.rename(old, new)",
    "import os\nos.rename(os.path.join(tmp_dir, 'a'), os.path.join(tmp_dir, 'b'))",
    "from contextlib import suppress\nwith suppress(OSError), open('/proc/self/stat', 'rb') as f: pass",
    "import os\nos.rename('a', 'b')",
    "def test(tmp_path):\n    (tmp_path / 'a.txt').rename(tmp_path / 'b.txt')",
    "import tempfile\nwith tempfile.NamedTemporaryFile(delete=False) as f:\n    open(f.name, 'rb')",
    "import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    log(f.name)",
    "import os\nwith open(a, 'rb') as f:\n    os.remove(b)",
    "open(p, 'rb')",
    "open(p, mode)",
    "open(p, encoding='utf-8')",
    "open(p, 'r', -1, 'utf-8')",
    "open(*args)",
    "try:\n    open('/proc/self/stat').read()\nexcept OSError:\n    pass",
    "assert place.read_text() == {'a': 'b'}",
    "open(p, 'w').close()",
    "with open(p, 'x'): pass",
    "import os\nos.system(\"echo 'done'\")",
    "import sys\nassert not TYPE_CHECKING or sys.platform == 'unix'",
    "open(p, **more)",
    "import tempfile\ntempfile.NamedTemporaryFile()",
    "p.write_text('ascii')",
    "import json\np.write_text(json.dumps(x))",
    "import textwrap\np.write_text(textwrap.dedent('''\n  a\n'''))",
    "from importlib.resources import files\nfiles('a').joinpath('b').read_text()",
    "distribution.read_text('METADATA')",
    "zipped.open('a')",
    "import subprocess\nassert subprocess.check_output(a, text=True) == 'a\\n'",
    "import subprocess\nassert subprocess.check_output(a) == b'a'",
    "d.strftime('%Y-%m-%d')",
    "d.strftime('100%%-done')",
    "f'{share:.1%}'",
    "'%-10s' % name",
    "import locale\nlocale.setlocale(locale.LC_ALL, '')",
    "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
    "import os\nos.kill(pid, 0)",
    "import signal\nsignal.SIGINT",
    "os = Fake()\nos.fork()",
    "import sys\nif sys.platform.startswith('linux'): pass",
    "import sys\nsys.platform in ('linux', 'linux2')",
    "import platform\nplatform.system() == 'Windows'",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'x'])",
    "import subprocess\nsubprocess.run(['git', 'status'])",
    "import subprocess\nsubprocess.run('git status', shell=True)",
    "import os\nassert os.stat(p).st_mode & 0o111",
    "assert mode == 0o600",
]

CALL = "os.fork()"
GUARDED = [
    "if sys.platform != 'win32':\n    {}",
    "if sys.platform == 'win32':\n    pass\nelse:\n    {}",
    "if hasattr(os, 'fork'):\n    {}",
    "hasattr(os, 'fork') and {}",
    "x = {} if os.name == 'posix' else None",
    "IS_WINDOWS = os.name == 'nt'\nif not IS_WINDOWS:\n    {}",
    "odd = os.name == 'nt'\nif not odd:\n    {}",
    "def f():\n    if sys.platform == 'win32':\n        return\n    {}",
    "def f():\n    if not hasattr(os, 'fork'):\n        raise NotImplementedError\n    {}",
    "def test():\n    if os.name == 'nt':\n        pytest.skip('no')\n    {}",
    "def test():\n    pytest.importorskip('fcntl')\n    {}",
    "try:\n    {}\nexcept AttributeError:\n    pass",
    "with suppress(AttributeError):\n    {}",
    "with pytest.raises(Exception):\n    {}",
    "@pytest.mark.skipif(os.name == 'nt', reason='')\ndef test():\n    {}",
    "@unittest.skipUnless(hasattr(os, 'fork'), '')\nclass A:\n    def test(self):\n        {}",
    "@needs_fork\ndef test():\n    {}",
    "@skip_on_windows\ndef test():\n    {}",
    "pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='')\ndef test():\n    {}",
    "pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == 'win32', reason='')]\ndef t():\n    {}",
    "if sys.platform == 'win32':\n    pytest.skip('', allow_module_level=True)\ndef test():\n    {}",
    "def _fork_on_posix():\n    {}",
    "class UnixProcess:\n    def f(self):\n        {}",
    "assert sys.platform != 'win32'\n{}",
    "if TYPE_CHECKING:\n    {}",
    "{}  # noxtasks: portable",
    "{}  # noxtasks: portable[system-call]",
    "{}  # noxtasks: portable[shell, system-call]",
]
NOT_GUARDED = [
    "{}",
    "if is_ready:\n    {}",
    "if sys.argv:\n    {}",
    "def client():\n    {}",
    "@pytest.mark.slow\ndef test():\n    {}",
    "try:\n    {}\nexcept KeyError:\n    pass",
    "def f():\n    if sys.platform == 'win32':\n        log()\n    {}",
    "if sys.platform:\n    pass\n{}",
    "{}  # noxtasks: portable[shell]",
]


def kinds(code: str, path: str = "shop/a.py") -> list[str]:
    return [each.kind.value for each in reading.read({path: code.encode()}, [path]).findings]


@pytest.mark.parametrize(("kind", "code"), FOUND)
def test_what_breaks_is_found_and_called_by_its_kind(kind: str, code: str) -> None:
    assert kinds(code) == [kind]


@pytest.mark.parametrize("code", NONE)
def test_what_works_everywhere_is_no_finding(code: str) -> None:
    assert kinds(code) == []


@pytest.mark.parametrize("code", GUARDED)
def test_what_is_guarded_is_no_finding(code: str) -> None:
    assert kinds("import os, sys, pytest, unittest\nfrom contextlib import suppress\n" + code.format(CALL)) == []


@pytest.mark.parametrize("code", NOT_GUARDED)
def test_what_only_looks_guarded_is_one(code: str) -> None:
    assert kinds("import os, sys, pytest\n" + code.format(CALL)) == ["system-call"]


@pytest.mark.parametrize("path", ["shop/posix.py", "shop/_linux.py", "shop/unix_events.py", "tests/windows/test_a.py"])
def test_a_file_that_says_its_system_is_for_it_alone(path: str) -> None:
    assert kinds("import os\nos.fork()", path) == []


@pytest.mark.parametrize("path", ["shop/client.py", "shop/winner.py", "shop/account.py", "shop/machine.py"])
def test_a_name_that_merely_holds_such_letters_says_nothing(path: str) -> None:
    assert kinds("import os\nos.fork()", path) == ["system-call"]


def test_of_calls_that_a_system_lacks_the_first_of_each_function_is_told() -> None:
    code = "import os\ndef f():\n    os.setsid()\n    os.fork()\ndef g():\n    os.getuid()"
    assert [each.line for each in reading.read({"a.py": code.encode()}, []).findings] == [3, 6]
    whole = "import fcntl\nimport os\ndef f():\n    os.fork()"
    assert [each.line for each in reading.read({"a.py": whole.encode()}, []).findings] == [1]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def test(tmp_path):\n    (tmp_path / 'a').write_text(text)", []),
        ("def test(tmp_path):\n    (tmp_path / 'a').write_text(text)\n    x = '\u00e9'", ["encoding"]),
        ("def test(tmp_path):\n    assert (tmp_path / 'a').read_text() == 'b'", []),
        ("def test():\n    parse(DATA.read_text())", ["encoding"]),
    ],
)
def test_a_test_with_nothing_but_ascii_may_write_and_read_its_own(code: str, found: list[str]) -> None:
    assert kinds(code, "tests/test_a.py") == found


def test_names_that_differ_in_case_alone_are_told_once_for_a_folder() -> None:
    tree = ["shop/Cart.py", "shop/cart.py", "docs/a.md", "Docs/b.md", "Docs/c.md", "shop/till.py"]
    found = reading.read({}, tree).findings
    assert {(each.path, each.what) for each in found} == {
        ("docs", "beside Docs"),
        ("shop/cart.py", "beside shop/Cart.py"),
    }
    assert reading.read({}, tree, ignore=["letter-case"]).ignored == 2


def test_an_import_is_to_be_spelt_as_its_file() -> None:
    tree = ["src/shop/Cart.py", "src/shop/till.py"]
    found = reading.read({"a.py": b"import shop.cart\nimport shop.till\nimport other.cart"}, tree).findings
    assert [(each.line, each.what) for each in found] == [(1, "shop.cart, which is shop.Cart")]


def test_what_is_ignored_is_counted() -> None:
    code = b"import fcntl\nopen(p)  # noxtasks: portable\n"
    read = reading.read({"a.py": code}, [], ignore=["system-call"])
    assert (read.findings, read.ignored) == ((), 2)


@pytest.mark.parametrize("data", [b"print 1", b"\xff\xfe", b"x = 1\0", b"("])
def test_a_file_that_is_no_python_is_told(data: bytes) -> None:
    read = reading.read({"a.py": data}, [])
    assert (read.unread, read.findings) == (("a.py",), ())


_LINES = st.lists(st.sampled_from([code for _, code in FOUND] + NONE), max_size=5)


@given(_LINES)
def test_any_file_is_read_and_every_finding_is_of_a_line_in_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    read = reading.read({"a.py": text.encode()}, ["a.py"])
    assert not read.unread
    assert all(text.split("\n")[each.line - 1].strip() == each.code for each in read.findings)
