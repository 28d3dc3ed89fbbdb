import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

DATABASE = Path(tempfile.gettempdir(), "shop.db")


@pytest.fixture
def orders():
    with closing(sqlite3.connect(DATABASE)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders (amount INTEGER)")
        connection.execute("DELETE FROM orders")
        connection.commit()
        yield connection


def total(connection, amounts):
    for amount in amounts:
        connection.execute("INSERT INTO orders VALUES (?)", (amount,))
        connection.commit()
    return connection.execute("SELECT sum(amount) FROM orders").fetchone()[0]


def test_three_orders_are_added_up(orders):
    assert total(orders, [1, 2, 3]) == 6


def test_one_order_is_the_sum(orders):
    assert total(orders, [40]) == 40
