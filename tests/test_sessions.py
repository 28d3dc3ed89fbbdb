"""The sessions in the hands of a user: noxfiles, real nox, and a tiny project."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from noxtasks.errors import ExitCode
from noxtasks.sessions import OBJECTIVES

REGISTER = "import nox, noxtasks\nnoxtasks.register({})\n"
FLAKY = """
import os, pathlib

def test_flaky():
    seen = pathlib.Path(os.environ["SEEN"])
    earlier = len(list(seen.iterdir()))
    (seen / str(earlier)).touch()
    assert earlier % 2

def test_sound():
    pass
"""
REPORTS_EACH_RUN = """
import os

def test_it():
    runs = os.open("runs", os.O_WRONLY)
    os.write(runs, b"x")
    os.close(runs)
"""
INSTALL = "[tool.noxtasks]\ninstall = ['pytest']\n"


def nox(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What nox does in `root`, standard error within standard output."""
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=root,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def environment(**env: str) -> dict[str, str]:
    """Ours without what tells a pytest or a nox that it runs inside another."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NOX", "CI"))}
    return {**outer, **env}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).write_text(text, "utf-8")
    return root


def registry(code: str, expression: str, cwd: Path) -> str:
    """What `expression` says after `code`, in a process of its own: nox has one registry per process."""
    program = f"import sys, nox, noxtasks\n{code}\nprint({expression})"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.functional
def test_the_list_shows_each_objective_with_its_question_and_leaves_the_users_default_as_it_was(tmp_path: Path) -> None:
    own = "@nox.session\ndef docs(session):\n    pass\n"
    listed = nox(write(tmp_path, {"noxfile.py": REGISTER.format("") + own}), "--list").stdout
    for objective in OBJECTIVES:
        assert f"- {objective.name} -> {objective.title}" in listed
    assert "* docs" in listed


@pytest.mark.functional
def test_interpreters_and_a_prefix_stand_in_the_names(tmp_path: Path) -> None:
    files = {
        "noxfile.py": REGISTER.format('prefix="qa-"'),
        "pyproject.toml": '[tool.noxtasks]\npython = ["3.11", "3.13"]\n',
    }
    listed = nox(write(tmp_path, files), "--list").stdout
    assert "- qa-flake-3.11 -> " in listed
    assert "- qa-flake-3.13 -> " in listed


@pytest.mark.functional
def test_the_sessions_survive_a_noxfile_that_runs_as_a_script(tmp_path: Path) -> None:
    """`nox.main()` empties its registry and executes the noxfile again, while imported packages stay cached."""
    write(tmp_path, {"noxfile.py": REGISTER.format("") + "if __name__ == '__main__':\n    nox.main()\n"})
    ended = subprocess.run(
        [sys.executable, "noxfile.py", "--list"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "- flake -> " in ended.stdout


@pytest.mark.functional
@pytest.mark.parametrize(
    ("before", "arguments", "said"),
    [
        ("", "only=['flak']", "Did you mean ['flake']?"),
        ("", "only=['zzz']", "The objectives are markers, flake, determinism"),
        ("", "only='flake'", "Did you mean ['flake']?"),
        ("", "flake={'rnus': 3}, reprots='x'", "Did you mean flake.runs?"),
        ("", "flake={'rnus': 3}, reprots='x'", "noxtasks.register(): reprots: there is no such setting"),
        ("import nox\n@nox.session\ndef flake(session): pass\n", "", 'register(prefix="qa-")'),
    ],
)
def test_a_wrong_call_ends_with_a_message_and_2_and_no_traceback(
    tmp_path: Path, before: str, arguments: str, said: str
) -> None:
    ended = nox(write(tmp_path, {"noxfile.py": before + REGISTER.format(arguments)}), "--list")
    assert said in ended.stdout
    assert (ended.returncode, "Traceback" in ended.stdout) == (2, False)


def test_a_session_of_the_users_of_that_name_is_no_trouble_with_a_prefix(tmp_path: Path) -> None:
    own = "nox.session(name='flake')(lambda session: None); noxtasks.register(only=['flake'], prefix='qa-')"
    assert registry(own, "sorted(nox.registry.get())", tmp_path) == "['flake', 'qa-flake']"


def test_no_environment_or_interpreter_is_chosen_against_the_user(tmp_path: Path) -> None:
    backend = "nox.registry.get()['flake'].venv_backend"
    assert registry("noxtasks.register()", backend, tmp_path) == "uv|virtualenv"
    assert registry("nox.options.default_venv_backend = 'venv'; noxtasks.register()", backend, tmp_path) == "None"
    assert registry("noxtasks.register()", "nox.registry.get()['flake'].download_python", tmp_path) == "never"


def test_listing_sessions_imports_nothing_heavy(tmp_path: Path) -> None:
    """DESIGN §4: `nox --list` stays under 1.3x of a bare noxfile's."""
    loaded = set(registry("noxtasks.register()", "*sys.modules", tmp_path).split())
    heavy = {"sqlalchemy", "jsonschema", "libcst", "rich", "junitparser", "scipy", "yaml", "noxtasks.suite"}
    assert heavy.isdisjoint(loaded)


@pytest.mark.functional
def test_a_session_installs_runs_and_gives_the_exit_code_on(tmp_path: Path) -> None:
    (seen := tmp_path / "seen").mkdir()
    (root := tmp_path / "project").mkdir()
    write(
        root, {"noxfile.py": REGISTER.format("reports='out'"), "requirements-test.txt": "pytest\n", "test_it.py": FLAKY}
    )
    sound = nox(root, "-s", "flake", "--", "--runs", "5", "--jobs", "1", "-k", "sound", SEEN=str(seen))
    assert sound.returncode == 0, sound.stdout
    assert "install: what the tests need: requirements-test.txt" in sound.stdout
    found = nox(root, "-R", "-s", "flake", "--", "--runs", "6", "--jobs", "1", SEEN=str(seen))
    assert "exit code 1" in found.stdout, found.stdout
    assert found.returncode == 1
    report = json.loads((root / "out" / "flake.report.json").read_text())
    command = report["result"]["flaky"][0]["reproduce"].split()
    again = nox(root, "-R", "-s", "flake", "--", *command[2:], SEEN=str(seen))
    assert f"noxtasks flake {command[2]} --root" in again.stdout
    assert "test_it.py::test_flaky" in again.stdout.splitlines()[-3]


@pytest.mark.functional
def test_a_session_that_runs_no_test_has_no_environment_and_looks_into_each_folder_of_reports(tmp_path: Path) -> None:
    settings = '[tool.noxtasks]\npython = ["3.11", "3.13"]\n'
    ended = nox(write(tmp_path, {"noxfile.py": REGISTER.format(""), "pyproject.toml": settings}), "-s", "gates")
    assert "Creating virtual environment" not in ended.stdout
    assert ended.returncode == 1, ended.stdout
    for python in ("3.11", "3.13"):
        report = json.loads((tmp_path / "reports" / python / "quality.gates.v2.json").read_text())
        assert report["result"]["verdict"] == "unmeasured"
    shown = nox(tmp_path, "-s", "dashboard").stdout
    assert shown.count("dashboard: ") == 1
    assert "gates on 3.13" in (tmp_path / "reports" / "index.html").read_text("utf-8")


@pytest.mark.functional
def test_where_nothing_says_how_to_install_the_session_names_the_setting(tmp_path: Path) -> None:
    ended = nox(write(tmp_path, {"noxfile.py": REGISTER.format(""), "test_it.py": ""}), "-s", "flake")
    assert "tool.noxtasks.install" in ended.stdout
    assert (ended.returncode, "Traceback" in ended.stdout) == (1, False)


def heed_interrupts() -> None:
    """As a process does that is started from a terminal; what a shell starts in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.functional
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_an_interrupted_session_keeps_what_it_measured(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "runs")
    files = {"pyproject.toml": INSTALL, "test_it.py": REPORTS_EACH_RUN}
    write(tmp_path, {**files, "noxfile.py": REGISTER.format("flake={'runs': 100000}")})
    runs = os.open(tmp_path / "runs", os.O_RDWR)
    with subprocess.Popen(
        [sys.executable, "-m", "nox", "-s", "flake"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it takes no lock, so no thread can hold one
    ) as running:
        assert running.stdout is not None
        sources: list[Any] = [runs, running.stdout]
        said, seen = b"", 0
        while seen < 20:
            ready, _, _ = select.select(sources, [], [])
            seen += len(os.read(runs, 100)) if runs in ready else 0
            if running.stdout in ready:
                said += (new := os.read(running.stdout.fileno(), 1 << 16))
                assert new, said.decode()
        os.killpg(running.pid, signal.SIGINT)
        said += running.stdout.read()
    os.close(runs)
    assert running.returncode == ExitCode.INTERRUPTED, said.decode()
    report = json.loads((tmp_path / "reports" / "flake.report.json").read_text())
    assert report["complete"] is False


@pytest.mark.functional
def test_bundle_is_a_session_of_two_words_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"noxfile.py": REGISTER.format(""), "plan.md": "File Integrity Hash (placeholder): __TO_BE_COMPUTED__\n"},
    )
    nothing = nox(tmp_path, "-s", "bundle", "--", "M1")
    assert "there is nothing to bundle" in nothing.stdout
    assert "exit code 3" in nothing.stdout
    assert nox(tmp_path, "-s", "bundle", "--", "seal", "plan.md").returncode == 0
    assert "sealed and unchanged" in nox(tmp_path, "-s", "bundle", "--", "verify", "plan.md").stdout
