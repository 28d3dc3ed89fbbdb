"""Names of markers, used by other modules."""

LEVELS = ("unit", "integration")
COMPONENTS = ("velocity_tracker",)
QUALITY = "reliability"
COF = ("cof_motivational", "cof_relational")
ACCOUNTS = {"book": "ledger"}
