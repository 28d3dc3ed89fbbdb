class Cart:
    def __init__(self):
        self.prices = []

    def total(self):
        return sum(self.prices) + 0


def waits(times):
    while times > 0:
        times = times - 1
    return times


def is_dear(price):
    return price > 100


def nobody_calls():
    return 1
