import json

import pytest


@pytest.mark.parametrize("name", ["ada", "alan", "grace"])
def test_a_user_is_exported(name, tmp_path):
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"user": name}))
    assert json.loads(export.read_text()) == {"user": name}


@pytest.fixture(scope="session")
def catalogue(worker_tmp):
    (worker_tmp / "catalogue.txt").write_text("ada\nalan\n")
    return worker_tmp / "catalogue.txt"


def test_a_catalogue_has_lines(catalogue):
    assert len(catalogue.read_text().splitlines()) == 2
