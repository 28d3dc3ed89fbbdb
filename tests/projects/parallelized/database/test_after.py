import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def orders(worker_database):
    with closing(sqlite3.connect(worker_database.removeprefix("sqlite:///"))) as connection:
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
