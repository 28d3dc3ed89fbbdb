import shutil
import tempfile
import time
from pathlib import Path

import pytest

SITE = Path(tempfile.gettempdir(), "site")


@pytest.fixture(scope="session")
def site():
    SITE.mkdir()
    for page in ("index", "about", "help", "terms"):
        time.sleep(0.05)
        (SITE / f"{page}.html").write_text(f"<h1>{page}</h1>")
    yield SITE
    shutil.rmtree(SITE)


@pytest.mark.parametrize("page", ["index", "about", "help", "terms"])
def test_a_page_has_a_heading(site, page):
    assert (site / f"{page}.html").read_text().startswith("<h1>")
