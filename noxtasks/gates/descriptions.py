"""What kinds of findings there are, for those who meet one in a code-scanning view and nowhere else."""

from __future__ import annotations

import msgspec


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of finding: what it is, why it matters and what to do, and the command that looks for it."""

    id: str
    title: str
    help: str
    command: str


RULES = (
    Rule(
        id="collection-error",
        title="A test module cannot be collected, or a test cannot run",
        help="Tests that do not run protect nothing. The message says what is missing, and the remedy.",
        command="noxtasks flake",
    ),
    Rule(
        id="broken-test",
        title="A test fails in every run",
        help="Mend the test, or the code that it tests.",
        command="noxtasks flake",
    ),
    Rule(
        id="flaky-test",
        title="A test fails in some runs of the same code",
        help="Its failure says nothing of a change. The message names the cause where experiments have found it, and "
        "the command that shows the failure. `noxtasks flake quarantine` takes it out of the verdict for a while.",
        command="noxtasks flake",
    ),
    Rule(
        id="unreproducible",
        title="Something in the suite makes it unreproducible",
        help="What hangs on the clock, on chance, on order or on the surroundings fails when nobody looks. The message "
        "says what to write instead; `# noxtasks: ignore[KIND]` takes a line out.",
        command="noxtasks determinism",
    ),
    Rule(
        id="differs-when-repeated",
        title="A test ends otherwise in two equal runs",
        help="It hangs on something that no seed holds.",
        command="noxtasks determinism",
    ),
    Rule(
        id="surviving-mutant",
        title="The code can be changed so, and no test notices",
        help="Write a test that fails with the change, or take out code that does nothing. `noxtasks mutation explain "
        "ID` shows an input that tells both apart, where one was found.",
        command="noxtasks mutation",
    ),
    Rule(
        id="slower-benchmark",
        title="A benchmark has become slower, beyond noise",
        help="`noxtasks bench bisect GOOD` finds the commit.",
        command="noxtasks bench --against HEAD~1",
    ),
    Rule(
        id="benchmark-over-limit",
        title="A benchmark takes longer than the project allows",
        help="The limit is one of `bench.limits`.",
        command="noxtasks bench",
    ),
    Rule(
        id="fails-in-parallel",
        title="A test fails on several workers, and never alone",
        help="It shares something with another test: a file, a port, a database. The fixtures worker_tmp, worker_port "
        "and worker_database keep workers apart.",
        command="noxtasks parallel conflicts",
    ),
    Rule(
        id="conflicting-tests",
        title="Two tests cannot run at the same time",
        help="Both use the same thing. `noxtasks parallel conflicts --apply` marks them so that one worker runs both.",
        command="noxtasks parallel conflicts",
    ),
    Rule(
        id="dead-marker",
        title="A marker is registered, and nothing uses it",
        help="`noxtasks markers --apply` takes it out, and proves that no other test is selected then.",
        command="noxtasks markers",
    ),
    Rule(
        id="unregistered-marker",
        title="Tests use a marker that nothing registers",
        help="A misspelt marker selects nothing. Register it in the option `markers` of pytest's configuration.",
        command="noxtasks markers",
    ),
    Rule(
        id="uncovered-new-line",
        title="No test runs a line that has changed",
        help="What no test runs, no test holds.",
        command="noxtasks ladder",
    ),
    Rule(
        id="differs-between-systems",
        title="A test ends otherwise on another system or interpreter",
        help="The message says where it ends how, and the cause where it shows.",
        command="noxtasks matrix merge",
    ),
    Rule(
        id="expired-quarantine",
        title="A test is in quarantine beyond its last day",
        help="Its failures count again. Mend the test, or set another day.",
        command="noxtasks flake quarantine",
    ),
    Rule(
        id="broken-governance-rule",
        title="The project does not keep a rule that it has set itself",
        help="What `governance.yaml` says does not agree with itself, the repository or the reports. Mend either.",
        command="noxtasks governance",
    ),
    Rule(
        id="fired-risk",
        title="A risk of the plan has come true",
        help="The message has the mitigation and the rollback that `governance.yaml` names for it.",
        command="noxtasks governance",
    ),
)
BY_ID = {rule.id: rule for rule in RULES}
