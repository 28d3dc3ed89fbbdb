import unittest


class Basket(unittest.TestCase):
    def test_is_empty(self):
        self.assertEqual([], [])
