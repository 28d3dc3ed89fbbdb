"""What to do about a flaky test, by its class."""

from __future__ import annotations

from noxtasks.flake.cause.model import Explanation, Kind

_ADVICE = {
    Kind.VICTIM: (
        "Let {culprits} undo what it changes (a fixture with a teardown, monkeypatch), or let this test set up the "
        "state that it needs."
    ),
    Kind.BRITTLE: (
        "Let this test set up what it needs, as {culprits} does for it by accident; a fixture can serve both."
    ),
    Kind.NOT_IDEMPOTENT: "It leaves behind what makes it fail the next time: undo it in a fixture's teardown.",
    Kind.SEED: "Fix the seed in the test, or assert what holds for every draw.",
    Kind.ENTROPY: (
        "Hand the generator to the code under test, so that the test can seed it: os.urandom, secrets and uuid4 "
        "cannot be seeded."
    ),
    Kind.HASH_ORDER: "Sort before comparing, or compare as sets: sets of strings are ordered anew in each process.",
    Kind.TIME: "Hold the clock: @pytest.mark.frozen_time, freezegun, or pass the time in.",
    Kind.ENVIRONMENT: "Set in the test what it reads from around it: monkeypatch.setenv, tmp_path, a local server.",
    Kind.LOAD: "Wait for the event, not for a time: timeouts and sleeps are too short on a busy machine.",
    Kind.CONCURRENCY: "Give each process its own file, port or database: tmp_path, port 0, the worker's id.",
    Kind.CHANCE: "No factor tried changes its rate: look for threads, timeouts, unordered results of concurrent work.",
    Kind.UNEXPLAINED: "It was not seen to fail in the experiments: try more runs, or the machine where it failed.",
}


def advice(found: Explanation) -> str:
    """A sentence for the class of `found`, with its culprits."""
    if found.timed_out:
        return "Time was up before its cause was found: flake.explain_budget gives more."
    return _ADVICE[found.kind].format(culprits=" and ".join(found.culprits) or "the other test")
