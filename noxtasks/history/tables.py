"""The tables of the history, the same for SQLite and PostgreSQL.

Version 2 of the schema; version 1 counted all sessions of a code version together. Times are whole microseconds since
1970 in UTC, lists and mappings are JSON text, outcomes are the numbers of `OUTCOME_CODES`: all exact and equal on both
databases. Long texts are unique by digest, because PostgreSQL indexes nothing longer than 2.7 kB.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from noxtasks.suite.model import Outcome

SCHEMA_VERSION = 2
APPLICATION = "noxtasks history"

# Stored numbers: never change one, only add.
OUTCOME_CODES = {
    Outcome.PASSED: 0,
    Outcome.FAILED: 1,
    Outcome.ERROR: 2,
    Outcome.SKIPPED: 3,
    Outcome.XFAILED: 4,
    Outcome.XPASSED: 5,
    Outcome.RERUN: 6,
    Outcome.CRASHED: 7,
    Outcome.TIMED_OUT: 8,
    Outcome.STOPPED: 9,
}
OUTCOMES = {code: outcome for outcome, code in OUTCOME_CODES.items()}
FAILURE_CODES = sorted(code for outcome, code in OUTCOME_CODES.items() if outcome.is_failure)

NO_FAILURE = 0  # in place of a failure's id: part of a primary key, which knows no NULL

metadata = MetaData()
_big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only under the name INTEGER

schema_version = Table(
    "schema_version",
    metadata,
    Column("application", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)

project = Table(
    "project",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

code = Table(
    "code",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    UniqueConstraint("project_id", "digest"),
)

# What decides, beside the code, how tests end. Equal conditions are one row.
conditions = Table(
    "conditions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("environment", Text, nullable=False),  # JSON; null where the report does not tell
    Column("settings", Text, nullable=False),
)

# Outcomes that are counted together: those of all sessions of one kind at one code version and conditions (`whole`),
# and those of a single one of them. Imports, which have a run each, are counted as a whole alone.
sample = Table(
    "sample",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_id", ForeignKey("code.id"), nullable=False),
    Column("conditions_id", ForeignKey("conditions.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
)
Index("sample_of_code", sample.c.code_id, sample.c.conditions_id)

session = Table(
    "session",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("sample_id", ForeignKey("sample.id"), nullable=False, index=True),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("complete", Boolean, nullable=False),
    Column("revision", Text, nullable=False),
    Column("dirty", Boolean, nullable=False),
    Column("settings", Text, nullable=False),
    Column("base_seed", Text, nullable=False),  # seeds are as large as they like
)

run = Table(
    "run",
    metadata,
    Column("id", _big, primary_key=True),
    Column("session_key", ForeignKey("session.key"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seed", Text, nullable=False),
    Column("hash_seed", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_s", Double, nullable=False),
    Column("results", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    UniqueConstraint("session_key", "number"),
)

test = Table(
    "test",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("nodeid", Text, nullable=False),
    UniqueConstraint("project_id", "digest"),
)

failure = Table(
    "failure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("exception", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("frames", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("project_id", "digest"),
)

# The one large table: rows of a run lie together, and nothing but the key is indexed.
outcome = Table(
    "outcome",
    metadata,
    Column("run_id", _big, ForeignKey("run.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("test_id", Integer, nullable=False),
    Column("outcome", SmallInteger, nullable=False),
    Column("failure_id", Integer, nullable=False),
    Column("reruns", Integer, nullable=False),
    Column("duration_s", Double, nullable=False),
    Column("notes", Text),
    sqlite_with_rowid=False,
)

# What `outcome` comes to, kept up in the same transaction: rates need not read ten million rows.
tally = Table(
    "tally",
    metadata,
    Column("sample_id", Integer, primary_key=True, autoincrement=False),
    Column("test_id", Integer, primary_key=True, autoincrement=False),
    Column("outcome", SmallInteger, primary_key=True, autoincrement=False),
    Column("failure_id", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("first_run_id", BigInteger, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("tally_of_test", tally.c.test_id, tally.c.outcome)
