"""A plugin of the project's own, which registers its markers (and one that pyproject.toml registers, too)."""

PERIODS = ("nightly", "weekly", "monthly")


def pytest_configure(config):
    for period in PERIODS:
        config.addinivalue_line("markers", f"{period}: once in that time")
    config.addinivalue_line("markers", "smoke: a second registration of it")
