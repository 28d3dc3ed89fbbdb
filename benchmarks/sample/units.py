"""How many units of work each benchmark does: all units of one are alike, so 110 for 100 are 10 % more work."""

UNITS = {
    "digest": 100,
    "page": 100,
    "total": 100,
    "errors": 100,
    "postage": 100,
    "interest": 100,
    "grouped": 100,
    "ordered": 100,
    "copied": 100,
    "stored": 40,
    "evaluated": 100,
    "moves": 100,
}
