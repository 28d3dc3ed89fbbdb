import json
import tempfile
from pathlib import Path

import pytest

EXPORT = Path(tempfile.gettempdir(), "export.json")


@pytest.mark.parametrize("name", ["ada", "alan", "grace"])
def test_a_user_is_exported(name):
    EXPORT.write_text(json.dumps({"user": name}))
    assert json.loads(EXPORT.read_text()) == {"user": name}
    EXPORT.unlink()
