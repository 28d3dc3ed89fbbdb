import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def site(once_for_all_workers, tmp_path_factory):
    def build():
        folder = tmp_path_factory.mktemp("site")
        for page in ("index", "about", "help", "terms"):
            time.sleep(0.05)
            (folder / f"{page}.html").write_text(f"<h1>{page}</h1>")
        return str(folder)

    return Path(once_for_all_workers("site", build))


@pytest.mark.parametrize("page", ["index", "about", "help", "terms"])
def test_a_page_has_a_heading(site, page):
    assert (site / f"{page}.html").read_text().startswith("<h1>")
