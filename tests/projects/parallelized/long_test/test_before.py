import time

import pytest


def converted(page):
    time.sleep(0.25)  # a service does it
    return f"page {page}"


def test_a_book_is_converted():
    assert [converted(page) for page in range(8)] == [f"page {page}" for page in range(8)]


@pytest.mark.parametrize("page", [10, 20, 30, 40])
def test_a_letter_is_converted(page):
    assert converted(page).endswith("0")
