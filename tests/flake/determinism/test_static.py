"""What is found in a file of tests, line by line, and what is not: a false alarm costs more than a finding is worth."""

from __future__ import annotations

import ast
import sysconfig
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake.determinism import static
from noxtasks.flake.determinism.model import Kind
from noxtasks.flake.determinism.static import Surroundings

FOUND = {
    "randomness": """
        import random, secrets, uuid, os
        import numpy as np
        from random import choice as pick
        from numpy.random import default_rng, RandomState
        import random as r

        NUMBER = random.random()  #!

        def test_draws():
            random.shuffle([1, 2])  #!
            pick([1, 2])  #!
            r.randint(1, 2)  #!
            np.random.rand(3)  #!
            np.random.default_rng()  #!
            default_rng(None)  #!
            RandomState()  #!
            random.Random()  #!
            secrets.token_hex()  #!
            uuid.uuid4()  #!
            os.urandom(8)  #!
            random.seed()  #!
            random.Random(42).random()
            default_rng(seed=1).integers(3)
            RandomState(3)

        def helper(random):
            return random.random() + rng.random()

        def test_seeds():
            random.seed(4)
            assert random.random() < 1

        def test_seeds_otherwise():
            np.random.seed(4)
            np.random.rand(3)
    """,
    "clock": """
        import time, datetime
        from datetime import datetime as dt, date
        from freezegun import freeze_time
        from unittest import mock
        import pytest

        def test_reads():
            time.time()  #!
            dt.now()  #!
            datetime.datetime.utcnow()  #!
            date.today().year  #!
            time.localtime()  #!
            dt.now(tz=datetime.timezone.utc)  #!
            time.strftime("%Y")  #!
            time.localtime(5)
            time.strftime("%Y", time.gmtime(0))
            dt.fromisoformat("2020-01-01")
            self.assertRaises(ValueError, parse, dt.now())

        def test_measures():
            start = time.time()
            began = time.monotonic()
            print(time.time() - start)
            took = time.monotonic() - began
            assert took < 1  #!
            assert time.perf_counter() - time.perf_counter() < 0.1  #!
            assert took >= 0

        def test_waits():
            until = time.time() + 5
            while time.time() < until:
                pass

        @freeze_time("2020-01-01")
        def test_frozen():
            assert dt.now().year == 2020

        class TestFrozen:
            @pytest.fixture(autouse=True)
            def hold(self, freezer):
                pass

            def test_it(self):
                assert dt.now()

        @pytest.mark.frozen_time("2020-01-01")
        def test_marked():
            assert dt.now()

        def test_held(time_machine):
            time_machine.move_to(0)
            assert date.today()

        def test_patched(monkeypatch):
            monkeypatch.setattr(time, "time", lambda: 1)
            assert time.time() == 1

        def test_within():
            with freeze_time("2020-01-01"):
                assert dt.now()

        def test_replaced():
            with mock.patch("package.module.datetime") as datetime:
                assert dt.now()
    """,
    "sleep": """
        import asyncio, time
        from time import sleep as zzz
        from unittest import mock
        from unittest.mock import patch

        def test_waits():
            time.sleep(1)  #!
            zzz(0.1)  #!
            time.sleep(0)

        async def test_waits_too():
            await asyncio.sleep(0.1)  #!
            await asyncio.sleep(0)
            await asyncio.sleep(3600)
            await asyncio.sleep(0.0001)

        def test_polls(server):
            while not server.ready:
                time.sleep(0.1)
            for _ in range(100):
                if server.done:
                    break
                time.sleep(0.1)

        @mock.patch("time.sleep")
        def test_patched(sleep):
            time.sleep(1)

        @patch("package.retry.sleep")
        class TestPatched:
            def test_it(self, sleep):
                time.sleep(1)

        def test_local(sleep):
            sleep(3)
    """,
    "set-order": """
        import pytest

        NAMES = {"a", "b", "c"}

        def test_orders(x):
            assert list({"a", "b"}) == ["a", "b"]  #!
            assert ", ".join(set(x)) == "a, b"  #!
            assert str({"a", "b"}) == "{'a', 'b'}"  #!
            first = list(set(x))[0]  #!
            assert [name.upper() for name in {"a", "b"}] == ["A", "B"]  #!
            names = list(frozenset(x))  #!
            assert names == ["a", "b"]
            collected = []
            for each in set(x):  #!
                collected.append(each)
            assert collected == ["a", "b"]
            a, b = {"a", "b"}  #!
            next(iter({"a", "b"}))  #!

        @pytest.mark.parametrize("name", {"x", "y"})  #!
        def test_parameters(name): pass

        def test_does_not(x, mapping):
            assert sorted({"a", "b"}) == ["a", "b"]
            assert sorted(list(set(x))) == ["a"]
            assert set(x) == {"a", "b"}
            assert len(list(set(x))) == 2
            assert "a" in list(set(x))
            assert list({1, 2}) == [1, 2]
            assert list({"a"}) == ["a"]
            assert list(set(x)) == []
            assert list(set(x)) == [1, 2]
            for name in {"a", "b"}:
                assert name
            assert all(name for name in NAMES)
            names = list(set(x))
            names.sort()
            assert names == ["a", "b"]
            assert {name: 1 for name in {"a", "b"}} == mapping
            assert x, f"{set(x)}"
            only = set(x)
            assert len(only) == 1
            assert next(iter(only)) == "a"
            [one] = set(x)
            assert (set(x) - set(range(3))).pop() == 1
            todo = set(x)
            while todo:
                print(todo.pop())
    """,
    "listing": """
        import glob, os
        from pathlib import Path

        def test_orders(tmp_path):
            assert os.listdir(tmp_path) == ["a", "b"]  #!
            files = glob.glob("*.txt")  #!
            assert files[0] == "a.txt"
            assert [path.name for path in tmp_path.iterdir()] == ["a", "b"]  #!
            found = list(tmp_path.rglob("*.py"))  #!
            assert found == ["a", "b"]
            one, two = os.scandir(tmp_path)  #!

        def test_does_not(tmp_path):
            assert sorted(os.listdir(tmp_path)) == ["a", "b"]
            assert os.listdir(tmp_path) == ["a"]
            assert os.listdir(tmp_path) == []
            assert len(list(tmp_path.iterdir())) == 2
            assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
            assert "a" in os.listdir(tmp_path)
            for path in tmp_path.glob("*"):
                path.unlink()
            files = sorted(tmp_path.iterdir())
            assert files[0].name == "a"
            files = list(tmp_path.iterdir())
            assert len(files) == 1
            only = list(tmp_path.iterdir())
            assert len(only) == 1
            assert only[0].name == "a"
            assert not os.listdir(tmp_path)
    """,
    "network": """
        import http.client, requests, socket, urllib.request
        import httpx
        import pytest
        import responses

        URL = "https://pypi.org/simple"

        def test_calls():
            requests.get("https://example.com")  #!
            requests.post(URL + "/x", json={})  #!
            httpx.get(f"{URL}/y")  #!
            urllib.request.urlopen("http://example.com")  #!
            socket.create_connection(("example.com", 80))  #!
            socket.socket().connect(("8.8.8.8", 53))  #!
            session = requests.Session()
            session.get("https://example.com")  #!

        def test_local(server):
            requests.get("http://localhost:80")
            requests.get("http://127.0.0.1:80/x")
            requests.get(server.url)
            requests.get("http://api.test/x")
            requests.get("http://service/x")
            socket.create_connection(("127.0.0.1", 80))
            client.get("/x")
            mapping.get("https://example.com")

        @responses.activate
        def test_mocked():
            requests.get("https://example.com")

        def test_mocked_too(requests_mock):
            requests.get("https://example.com")

        def test_patched(mocker):
            mocker.patch("requests.get")
            requests.get("https://example.com")

        @pytest.mark.network
        def test_marked():
            requests.get("https://example.com")

        def test_refused():
            with pytest.raises(requests.exceptions.InvalidURL):
                requests.get("http://*example.com")

        def test_connects():
            connection = http.client.HTTPConnection("example.com")  #!
            connection.request("GET", "/")
            other = http.client.HTTPConnection("example.com")
            other.sock = socket.socket()
            other.request("GET", "/")
    """,
    "port": """
        import asyncio, socket
        from http.server import HTTPServer

        PORT = 8080

        def test_binds():
            socket.socket().bind(("localhost", 8080))  #!
            HTTPServer(("", PORT), None)  #!
            app.run(port=5000)  #!
            sock.bind(("", 0))
            sock.bind(("", port))
            HTTPServer(("", 0), None)
            sock.bind.assert_called_with(("", 80))
            connect(port=5432)
            Config(host="x", port=8000)

        async def test_serves():
            await asyncio.start_server(None, "127.0.0.1", 8888)  #!
            await asyncio.start_server(None, "127.0.0.1", 0)
    """,
    "shared-path": """
        import os, tempfile, sqlite3
        from pathlib import Path

        def test_writes(tmp_path):
            open("/tmp/file", "w")  #!
            path = "/tmp/other"
            with open(path, mode="ab"):  #!
                pass
            os.makedirs("/tmp/folder/x")  #!
            Path("/tmp/x").write_text("x")  #!
            (Path("/tmp") / "y").touch()  #!
            open(os.path.join(tempfile.gettempdir(), "fixed"), "w")  #!
            sqlite3.connect("/tmp/db")  #!
            tempfile.mktemp()  #!
            open("/tmp/file")
            Config(path="/tmp/x")
            open(tmp_path / "x", "w")
            open(f"/tmp/{os.getpid()}", "w")
            tempfile.mktemp(dir=tmp_path)
            tempfile.mkdtemp()

        def test_faked(fs):
            open("/tmp/file", "w")
    """,
    "environment": """
        import os
        import pytest
        from unittest import TestCase
        from unittest.mock import patch

        os.environ["AT_IMPORT"] = "1"

        def test_changes(tmp_path):
            os.environ["A"] = "1"  #!
            os.chdir(tmp_path)  #!

        def test_deletes():
            del os.environ["A"]  #!

        def test_sound(monkeypatch, tmp_path):
            monkeypatch.setenv("A", "1")
            monkeypatch.chdir(tmp_path)

        def test_restores(tmp_path):
            before = os.getcwd()
            os.chdir(tmp_path)
            try:
                pass
            finally:
                os.chdir(before)

        def test_puts_back(before):
            os.chdir("/")
            os.environ["A"] = "1"
            os.chdir(before)
            del os.environ["A"]

        @patch.dict("os.environ", {})
        def test_patched():
            os.environ["A"] = "1"

        def test_within():
            with patch.dict(os.environ):
                os.environ["A"] = "1"

        @pytest.fixture
        def elsewhere(tmp_path):
            before = os.getcwd()
            os.chdir(tmp_path)
            yield
            os.chdir(before)

        @pytest.fixture(scope="session", autouse=True)
        def stage():
            os.environ["A"] = "1"

        class Case(TestCase):
            def setUp(self):
                os.environ["A"] = "1"

            def tearDown(self):
                del os.environ["A"]

            def test_cleans_up(self):
                os.chdir("/")
                self.addCleanup(os.chdir, "..")
    """,
    "shared-state": """
        SEEN = []
        COUNTS = {}
        RESET = []
        CONSTANT = [1, 2]

        def test_one():
            SEEN.append(1)  #!
            COUNTS["x"] = 1  #!
            RESET.append(1)

        def test_two():
            assert SEEN == []
            assert not COUNTS
            assert CONSTANT[0] == 1
            assert RESET

        def setup_function():
            RESET.clear()

        ALONE = []

        def test_three():
            ALONE.append(1)
            SEEN = []
            SEEN.append(1)
    """,
    "thread": """
        import threading
        from threading import Thread

        def test_leaves():
            Thread(target=print).start()  #!

        def test_leaves_too():
            thread = threading.Thread(target=print)  #!
            thread.start()

        def test_joins():
            thread = Thread(target=print)
            thread.start()
            print(",".join(["a"]))
            thread.join()

        def test_cleans_up(request):
            thread = Thread(target=print)
            request.addfinalizer(thread.join)
            thread.start()

        def test_all():
            threads = [Thread(target=print) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        def test_hands_on():
            thread = Thread(target=print)
            thread.start()
            stop(thread)

        def test_only_makes():
            thread = Thread(target=print)
            assert thread.daemon is False
    """,
    "hash": """
        def test_numbers(x, y):
            assert hash("a") == 12345  #!
            assert hash(("a", 1)) % 8 == 3  #!
            sorted([x, y], key=id)  #!
            assert id(x) < id(y)  #!
            assert hash(x) == hash(y)
            assert id(x) == id(y)
            assert hash(5) == 5
    """,
    "locale": """
        import locale
        from datetime import datetime, timezone, date

        def test_places(moment):
            datetime.fromtimestamp(0)  #!
            date.fromtimestamp(0)  #!
            moment.strftime("%c")  #!
            datetime(2020, 1, 1).timestamp()  #!
            locale.setlocale(locale.LC_ALL, "de_DE")  #!
            datetime.fromtimestamp(0, tz=timezone.utc)
            datetime.fromtimestamp(0, timezone.utc)
            moment.strftime("%Y-%m-%d")
            datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp()
            locale.setlocale(locale.LC_ALL, "C")

        def test_moved(monkeypatch):
            monkeypatch.setenv("TZ", "UTC")
            datetime.fromtimestamp(0)
    """,
}


def lines_of(code: str, path: str = "test_it.py", surroundings: Surroundings | None = None) -> list[tuple[str, int]]:
    reading = static.audit({path: textwrap.dedent(code).encode()}, surroundings)
    assert reading.unread == ()
    return [(finding.kind.value, finding.line) for finding in reading.findings]


@pytest.mark.parametrize("kind", FOUND)
def test_of_each_kind_that_is_found_which_is_marked_and_nothing_else(kind: str) -> None:
    code = textwrap.dedent(FOUND[kind])
    marked = [(kind, number) for number, line in enumerate(code.splitlines(), 1) if line.endswith("#!")]
    assert lines_of(code) == marked


def test_every_kind_has_an_example() -> None:
    assert {kind.value for kind in Kind} == FOUND.keys()


def test_a_comment_takes_a_finding_out_and_is_counted() -> None:
    code = b"from time import sleep\nsleep(1)  # noxtasks: ignore[sleep]\nsleep(1)  # noxtasks: ignore\n"
    reading = static.audit({"test_it.py": code})
    assert (reading.findings, reading.ignored) == ((), 2)
    assert static.audit({"test_it.py": code.replace(b"[sleep]", b"[clock]")}).ignored == 1


def test_what_is_seeded_or_frozen_for_the_whole_suite_is_none_but_at_import() -> None:
    code = """
    import datetime, os, random
    AT_IMPORT = random.random(), datetime.date.today()
    def test(): return random.random(), datetime.date.today(), os.urandom(8)
    """
    assert lines_of(code, surroundings=Surroundings(seeded=True, frozen=True)) == [
        ("clock", 3),
        ("randomness", 3),
        ("randomness", 4),
    ]


def test_the_fixtures_of_a_conftest_hold_for_the_tests_below_it() -> None:
    conftest = b"import pytest, random\n@pytest.fixture(autouse=True)\ndef seeds():\n    random.seed(1)\n"
    test = b"import random\ndef test(): random.random()\n"
    reading = static.audit({"a/conftest.py": conftest, "a/b/test_a.py": test, "c/test_c.py": test})
    assert [finding.path for finding in reading.findings] == ["c/test_c.py"]


def test_a_fixture_that_is_asked_for_holds_for_that_test() -> None:
    code = """
    import random, pytest
    @pytest.fixture
    def seeds(inner): pass
    @pytest.fixture
    def inner(): random.seed(1)
    def test_asks(seeds): random.random()
    def test_does_not(): random.random()
    """
    assert lines_of(code) == [("randomness", 8)]


def test_code_that_no_test_runs_is_left_alone() -> None:
    assert lines_of("import time\nif __name__ == '__main__':\n    time.sleep(1)\n") == []


def test_a_finding_says_where_and_what() -> None:
    (finding,) = static.audit({"tests/test_a.py": b"import time\ndef test():\n\t time.sleep( 1 )\n"}).findings
    assert (finding.path, finding.line, finding.code, finding.what) == (
        "tests/test_a.py",
        3,
        "time.sleep( 1 )",
        "time.sleep()",
    )


@pytest.mark.parametrize("data", [b"def", b"\x00", b"\xff\xfe", b"# coding: no-such\n", b"(" * 10_000])
def test_a_file_that_is_no_python_is_told(data: bytes) -> None:
    assert static.audit({"test_a.py": data, "test_b.py": b""}).unread == ("test_a.py",)


def test_declared_encodings_and_line_ends_are_pythons() -> None:
    code = "# coding: latin-1\rimport time\r\n# \x0c \x85 é\ndef test(): time.sleep(1)  # ü\n".encode("latin-1")
    (finding,) = static.audit({"test_a.py": code}).findings
    assert (finding.line, finding.code) == (4, "def test(): time.sleep(1)  # ü")


LIBRARY = Path(sysconfig.get_paths()["stdlib"])
EXPRESSIONS = ["set(x)", "os.listdir(p)", "time.time()", "random.random()", "{*x, 'a'}", "x", "'/tmp/a'", "8080"]
SHAPES = [
    "{0}",
    "list({0})",
    "{0} == {1}",
    "{0}[0]",
    "[y for y in {0} if {1}]",
    "open({0}, *{1})",
    "(x := {0})",
    "{0} - {1}",
    "f'{{{0}}}{{{1}!r}}'",
    "lambda time={0}: {1}",
    "sock.bind(({0}, {1}))",
    "({0}, *{1})",
    "{0} if {1} else x",
    "requests.get({0}, **{1})",
    "os.path.join({0}, {1})",
]
STATEMENTS = [
    "{0}",
    "x = {0}",
    "x, y = {0}",
    "x: int",
    "assert {0}",
    "for x in {0}: y.append({0})",
    "while {0}: time.sleep({0})",
    "with {0} as x: {0}",
    "os.environ[{0}] = {0}",
    "del x",
    "global x",
    "@{0}\ndef test_x(x, /, *y): {0}",
    "class x(x): x = {0}",
    "import x",
    "from x import *",
    "t = Thread({0}); t.start()",
    "match {0}:\n case [x, *y]: {0}",
    "x = x",
]


@given(st.data())
def test_no_valid_file_is_too_much_for_it(data: st.DataObject) -> None:
    expressions = st.recursive(
        st.sampled_from(EXPRESSIONS),
        lambda inner: st.builds(lambda shape, a, b: f"({shape.format(a, b)})", st.sampled_from(SHAPES), inner, inner),
        max_leaves=6,
    )
    lines = data.draw(st.lists(st.tuples(st.sampled_from(STATEMENTS), expressions), max_size=6))
    code = "import os, time, random, requests\nfrom threading import Thread\n" + "\n".join(
        shape.replace("{0}", expression) for shape, expression in lines
    )
    try:
        ast.parse(code)
    except SyntaxError:
        return
    assert static.audit({"test_it.py": code.encode()}).unread == ()


@pytest.mark.functional
def test_no_file_of_the_standard_library_is_too_much_for_it() -> None:
    paths = sorted((LIBRARY / "test").rglob("test_[a-b]*.py")) or sorted(LIBRARY.glob("[a-b]*.py"))
    for path in paths:
        reading = static.audit({path.name: path.read_bytes()})
        assert all(finding.code for finding in reading.findings)
