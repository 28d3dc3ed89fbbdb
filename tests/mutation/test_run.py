"""The whole of a scan, on a project with one mutant at least for each thing that can become of one."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks import mutation
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events, sums
from noxtasks.mutation import emit, junit, page, stryker
from noxtasks.mutation.learning import told_apart
from noxtasks.mutation.making import mutmut
from noxtasks.sessions import OBJECTIVES
from noxtasks.suite import git

pytestmark = pytest.mark.functional

GIT = shutil.which("git") or ""
SETTINGS = Settings()
GIT = shutil.which("git") or ""


def by_change(mutants: list[dict[str, Any]]) -> dict[str, str]:
    """The status of each mutant, by its function and the line that it changes."""
    added = [next(line[1:].strip() for line in mutant["diff"] if line.startswith("+")) for mutant in mutants]
    return {f"{mutant['function']}: {line}": mutant["status"] for mutant, line in zip(mutants, added, strict=True)}


def test_every_mutant_meets_its_fate_and_the_users_files_stay_as_they_are(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("mutable")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert mutation.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND

    truth = json.loads((root / "truth.json").read_text())
    told = artifacts.read(root / "reports", "mutation.initial.report.json").result
    assert by_change(told["mutants"]) == truth["mutants"]
    assert {each["test"] for each in told["baseline"]["left_out"]} == set(truth["left_out"])
    assert all(mutant["is_confirmed"] for mutant in told["mutants"] if mutant["status"] == "survived")
    assert all(mutant["killed_by"] for mutant in told["mutants"] if mutant["status"] == "killed")
    assert told["judgement"]["verdict"] == "pass"
    survivors = {mutant["id"]: mutant for mutant in told["mutants"] if mutant["status"] == "survived"}
    assert [survivors[lesson["mutant"]]["function"] for lesson in told["lessons"]] == [
        *("is_dear", "is_dear", "_table", "_table", "_table", "Cart.total"),
    ]
    assert told["lessons"][0]["call"] == "is_dear(100)"
    assert "assert is_dear(100) is False" in told["lessons"][0]["skeleton"]
    assert told["lessons"][-1]["suspect"] == "nothing is added, and nothing taken away"

    ours = (root / "reports", root / ".noxtasks")
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert before == {path: content for path, content in after.items() if not set(ours) & set(path.parents)}
    assert list((root / ".noxtasks" / "mutation").iterdir()) == []
    assert [event.type.value for event in events.read(root / "reports")] == [
        "mutation_scan_start",
        "mutation_scan_complete",
        "mutation_score_threshold_met",
    ]
    listed = sums.parse((root / "reports" / "SHA256SUMS").read_bytes()).digests
    assert set(listed) == {emit.REPORT, stryker.NAME, junit.NAME, page.NAME}
    assert artifacts.verify(root / "reports") == []
    complete = list(events.read(root / "reports"))[1]
    assert {each.name: each.sha256 for each in complete.artifacts} == listed
    assert (complete.attributes[emit.ENDING], complete.attributes[emit.EXTENT]) == ("whole", "all")
    assert complete.metrics["mutation.survived"] == 6
    shop = (root / "src" / "shop" / "cart.py").read_text()
    viewed = json.loads((root / "reports" / stryker.NAME).read_text("utf-8"))["files"]["src/shop/cart.py"]
    assert viewed["source"] == shop
    assert len(viewed["mutants"]) == 12
    assert "<mark>&gt; 100</mark>" in (root / "reports" / page.NAME).read_text("utf-8")
    printed = capsys.readouterr().out
    assert "+    return price >= 100" in printed
    assert all(len(line) <= 80 for line in printed.splitlines())
    for mutant in told["mutants"]:
        assert mutation.explain(root, SETTINGS, mutant=mutant["id"]) is ExitCode.NOTHING_FOUND


def test_what_is_below_the_threshold_is_a_finding(tmp_path: Path, python: Path) -> None:
    (tmp_path / "shop.py").write_text("def price():\n    return 1\n\n\ndef rebate():\n    return 2\n")
    (tmp_path / "test_shop.py").write_text("import shop\n\ndef test_it():\n    assert shop.price() == 1\n")
    settings = msgspec.structs.replace(SETTINGS, mutation=msgspec.structs.replace(SETTINGS.mutation, engine="fresh"))
    assert mutation.run(tmp_path, settings, python=python) is ExitCode.FOUND


def test_a_search_for_inputs_that_fails_is_a_note_and_the_scan_has_its_verdict(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    (tmp_path / "shop.py").write_text("def is_dear(price):\n    return price > 9\n")
    (tmp_path / "test_shop.py").write_text("import shop\n\ndef test_it():\n    shop.is_dear(1)\n")
    monkeypatch.setattr(told_apart, "find", fail)
    assert mutation.run(tmp_path, SETTINGS, python=python) is ExitCode.FOUND
    (first, second) = artifacts.read(tmp_path / "reports", "mutation.initial.report.json").result["lessons"]
    assert "assert is_dear(price=...) == ..." in first["skeleton"]
    assert (first["call"], second["call"]) == ("", "")
    printed = capsys.readouterr()
    assert "no inputs were looked for: OSError: the disk is full" in " ".join((printed.out + printed.err).split())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"test_shop.py": "def test_it():\n    pass\n"}, "no source to mutate"),
        ({"shop.py": "PRICE = 1\n", "test_shop.py": "import shop\n"}, "nothing in the sources"),
        ({"shop.py": "def price():\n    return 1\n"}, "no test can be collected"),
        (
            {"shop.py": "def price():\n    return 1\n", "test_shop.py": "", "pytest.ini": "[pytest]\naddopts = --dear"},
            "pytest knows no option --dear",
        ),
        (
            {"shop.py": "def price():\n    return 1\n", "test_shop.py": "def test_it():\n    assert not 1\n"},
            "no test passes",
        ),
        (
            {"shop.py": "def price():\n    return 1\n", "test_shop.py": "def test_it():\n    pass\n"},
            "no mutant was executed",
        ),
    ],
)
def test_where_there_is_nothing_to_measure_that_is_said(
    tmp_path: Path, python: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(NotMeasuredError) as error:
        mutation.run(tmp_path, SETTINGS, python=python)
    assert message in f"{error.value}\n{error.value.remedy}"


def test_tests_that_import_the_project_from_elsewhere_measure_nothing(tmp_path: Path, python: Path) -> None:
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
        (folder / "shop.py").write_text("def price():\n    return 1\n")
    (root / "conftest.py").write_text(
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('shop', {str(elsewhere / 'shop.py')!r})\n"
        "sys.modules['shop'] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(sys.modules['shop'])\n"
    )
    (root / "test_shop.py").write_text("import shop\n\ndef test_it():\n    assert shop.price() == 1\n")
    with pytest.raises(NotMeasuredError, match="and not from the mutated copy"):
        mutation.run(root, SETTINGS, python=python)


SHOP = {
    "shop.py": """import pathlib

LIMIT = 10


def price(kind):
    return prices()[kind] + 1


def prices():
    return {"book": int(pathlib.Path(__file__).with_name("price.txt").read_text())}


def is_dear(kind):
    return price(kind) > LIMIT
""",
    "price.txt": "6",
    "README.md": "A shop\n",
    "conftest.py": "import pytest\n\n@pytest.fixture\ndef kind():\n    return 'book'\n",
    "test_shop.py": "import shop\n\ndef test_is_dear(kind):\n    assert not shop.is_dear(kind)\n",
}
EDITS = {
    "a test is added": (
        "test_shop.py",
        "def test_is",
        "def test_price():\n    assert shop.price('book') == 7\n\ndef test_is",
    ),
    "a function that others call": ("shop.py", "int(pathlib", "1 * int(pathlib"),
    "a file that the code reads": ("price.txt", "6", "9"),
}


@pytest.fixture(scope="module")
def no_plugins() -> Iterator[None]:
    """Spares each process the import of what the sample does not need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


def told(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read(root / "reports", "mutation.initial.report.json").result
    return found


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory, python: Path, no_plugins: None) -> Path:
    """A shop, and what a scan remembers of it."""
    root = tmp_path_factory.mktemp("scanned") / "shop"
    root.mkdir()
    for name, text in SHOP.items():
        (root / name).write_text(text)
    mutation.run(root, SETTINGS, python=python)
    assert not any(mutant["is_remembered"] for mutant in told(root)["mutants"])
    return root


def test_where_nothing_has_changed_no_mutant_is_tried(scanned: Path, tmp_path: Path, python: Path) -> None:
    root = Path(shutil.copytree(scanned, tmp_path / "elsewhere"))
    (root / "README.md").write_text("Another shop\n")
    mutation.run(root, SETTINGS, python=python, resume=True)
    remembering = told(root)["mutants"]
    assert by_change(remembering) == by_change(told(scanned)["mutants"])
    assert all(mutant["is_remembered"] for mutant in remembering)


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_remembered_is_what_a_scan_without_memory_finds(
    scanned: Path, tmp_path: Path, python: Path, edit: str
) -> None:
    root = Path(shutil.copytree(scanned, tmp_path / "elsewhere"))
    name, old, new = EDITS[edit]
    assert old in SHOP[name]
    (root / name).write_text(SHOP[name].replace(old, new))
    mutation.run(root, SETTINGS, python=python)
    remembering = told(root)["mutants"]
    mutation.run(root, SETTINGS, python=python, forget=True)
    assert by_change(remembering) == by_change(told(root)["mutants"]) != by_change(told(scanned)["mutants"])
    assert not any(mutant["is_remembered"] for mutant in told(root)["mutants"])


def test_only_mutants_of_what_has_changed_are_looked_at(scanned: Path, tmp_path: Path, python: Path) -> None:
    root = Path(shutil.copytree(scanned, tmp_path / "elsewhere"))
    (root / ".gitignore").write_text("/reports\n/.noxtasks\n")
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    for arguments in (["init"], ["add", "."], ["commit", "-m", "A shop"]):
        subprocess.run([GIT, *identity, *arguments], cwd=root, env=git.environment(), check=True, capture_output=True)
    assert mutation.run(root, SETTINGS, python=python, revision="HEAD") is ExitCode.NOTHING_FOUND
    assert told(root)["mutants"] == []
    (root / "shop.py").write_text(SHOP["shop.py"].replace("> LIMIT", ">= LIMIT"))
    mutation.run(root, SETTINGS, python=python, revision="HEAD")
    assert {mutant["function"] for mutant in told(root)["mutants"]} == {"is_dear"}


def test_a_scan_goes_on_only_where_one_has_begun(tmp_path: Path, python: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP["shop.py"])
    with pytest.raises(ConfigurationError, match="no interrupted scan"):
        mutation.run(tmp_path, SETTINGS, python=python, resume=True)


def test_the_session_installs_the_mutmut_that_is_driven() -> None:
    needs = next(objective.needs for objective in OBJECTIVES if objective.name == "mutation")
    assert needs == (f"mutmut=={mutmut.VERSION}",)


def test_an_import_hook_that_leads_to_the_original_does_not_hide_the_copy(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, site = tmp_path / "project", tmp_path / "site"
    site.mkdir()
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("from shop._fast import rebate\n\n\ndef price():\n    return 1\n")
    (root / "test_shop.py").write_text("import shop\n\ndef test_it():\n    assert shop.price() == shop.rebate\n")
    (site / "shop").mkdir()
    (site / "shop" / "_fast.py").write_text("rebate = 1\n")  # built, and nowhere but there
    (site / "sitecustomize.py").write_text(
        "import importlib.util as util, sys\n"
        "class Finder:\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        folders = {[str(root / 'shop'), str(site / 'shop')]!r}\n"
        "        start = folders[0] + '/__init__.py'\n"
        "        found = util.spec_from_file_location(name, start, submodule_search_locations=folders)\n"
        "        return found if name == 'shop' else None\n"
        "sys.meta_path.insert(0, Finder)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    assert mutation.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND


def test_a_project_below_the_folder_that_configures_pytest_is_measured_alone(tmp_path: Path, python: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    (tmp_path / "conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef one():\n    return 1\n")
    (root / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--once')\n")
    (root / "shop.py").write_text("def price():\n    return 1\n")
    (root / "test_shop.py").write_text("import shop\n\ndef test_it(one):\n    assert shop.price() == one\n")
    assert mutation.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND


def test_tests_that_cannot_be_used_are_told_with_the_reason(tmp_path: Path, python: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import sys\n\n\ndef caller():\n    return sys._getframe(1).f_code\n\n\ndef price():\n    return 1\n"
    )
    (tmp_path / ".gitignore").write_text("data.txt\n")
    (tmp_path / "data.txt").touch()
    subprocess.run([GIT, "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "test_shop.py").write_text(
        "import pathlib, shop\n\n"
        "def test_stack():\n    assert shop.caller().co_name == 'test_stack'\n\n"
        "def test_data():\n    assert pathlib.Path('data.txt').exists()\n\n"
        "def test_price():\n    assert shop.price() == 1\n"
    )
    (tmp_path / "test_till.py").write_text("import till\n")
    assert mutation.run(tmp_path, SETTINGS, python=python) is ExitCode.FOUND
    told = artifacts.read(tmp_path / "reports", "mutation.initial.report.json").result["baseline"]
    assert told["unusable"] == 2
    assert {each["test"]: each["reason"].partition(":")[0] for each in told["left_out"]} == {
        "test_shop.py::test_stack": "it passes in a plain copy, and not among mutmut's functions",
        "test_shop.py::test_data": "it does not pass in a plain copy either",
        "test_till.py": "it cannot be collected",
    }


def test_what_mutmut_is_told_is_heeded(tmp_path: Path, python: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mutmut]\nalso_copy = ["data.txt"]\ntests_dir = "checks"\nonly_mutate = ["*/cart.py"]\n'
        'do_not_mutate_patterns = ["2$"]\nrunner = "make test"\n[project]\nname = "shop"\n'
    )
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text("def price():\n    a = 2\n    return a\n\n\ndef one():\n    return 1\n")
    (tmp_path / "shop" / "till.py").write_text("def price():\n    return 1\n")
    (tmp_path / ".gitignore").write_text("data.txt\n")
    (tmp_path / "data.txt").touch()
    subprocess.run([GIT, "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_cart.py").write_text(
        "import pathlib\nfrom shop import cart\n\n"
        "def test_data():\n    assert pathlib.Path('data.txt').exists() and cart.price() == 2 and cart.one() == 1\n"
    )
    (tmp_path / "test_broken.py").write_text("def test_it():\n    assert False\n")
    assert mutation.run(tmp_path, SETTINGS, python=python) is ExitCode.NOTHING_FOUND
    told = artifacts.read(tmp_path / "reports", "mutation.initial.report.json").result
    assert told["baseline"]["tests"] == 1
    assert told["sources"]["files"] == ["shop/cart.py"]
    assert {mutant["function"] for mutant in told["mutants"]} == {"one"}
