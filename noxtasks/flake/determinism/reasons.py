"""For each kind of finding: why it matters, and what to do about it. One sentence each."""

from __future__ import annotations

import msgspec

from noxtasks.flake.determinism.model import Kind


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of a finding is told."""

    title: str
    why: str
    advice: str


REASONS = {
    Kind.RANDOM: Reason(
        title="randomness without a seed",
        why="A failure that hangs on what was drawn cannot be seen again.",
        advice="Draw from random.Random(42) or default_rng(42), or set noxtasks_seed = random in the ini file.",
    ),
    Kind.CLOCK: Reason(
        title="the clock of the wall",
        why="The outcome hangs on the moment of the run: midnight, a month's end, 29 February, a slow machine.",
        advice='Hold the clock with @pytest.mark.frozen_time("2028-02-29"), or give the moment as an argument.',
    ),
    Kind.SLEEP: Reason(
        title="waiting for a fixed time",
        why="On a loaded machine the time is too short, and on every other it is wasted.",
        advice="Wait for the event itself: join(), Event.wait(timeout), or poll until a deadline.",
    ),
    Kind.SET_ORDER: Reason(
        title="the order of a set",
        why="Strings hash otherwise in each process, so that a set of them has another order.",
        advice="Put sorted(...) around it, or compare as sets.",
    ),
    Kind.LISTING: Reason(
        title="the order of a directory",
        why="The file system gives the names in an order of its own, which another machine does not share.",
        advice="Put sorted(...) around it, or compare as sets.",
    ),
    Kind.NETWORK: Reason(
        title="the network",
        why="The outcome hangs on a host that is not part of the test.",
        advice="Answer from a server on the loopback or from a recording, or mark the test to be left out.",
    ),
    Kind.PORT: Reason(
        title="a port with a fixed number",
        why="Another process, or this suite in a second worker, may hold it already.",
        advice="Bind port 0, and ask the socket which one it got.",
    ),
    Kind.SHARED_PATH: Reason(
        title="a fixed name in a folder that all share",
        why="Another run at the same time, or one before that was cut short, writes to the same file.",
        advice="Use the fixture tmp_path, or tempfile.mkdtemp().",
    ),
    Kind.ENVIRONMENT: Reason(
        title="the environment of the process is changed",
        why="The tests that come after it in the same process see the change.",
        advice="Use monkeypatch.setenv, monkeypatch.delenv or monkeypatch.chdir, which undo it.",
    ),
    Kind.SHARED_STATE: Reason(
        title="state of the module that tests change",
        why="What one test leaves there, the next one finds: the outcome hangs on the order.",
        advice="Make it in a fixture, anew for each test.",
    ),
    Kind.THREAD: Reason(
        title="a thread that nobody waits for",
        why="It may go on into the tests that follow, or not have come far enough for this one.",
        advice="join() it before the test ends.",
    ),
    Kind.HASH: Reason(
        title="hash() or id() as a number",
        why="The one differs in each process for strings, the other is an address.",
        advice="Compare or sort by a value, or use hashlib.",
    ),
    Kind.LOCALE: Reason(
        title="the locale or the time zone of the machine",
        why="The text or the moment is another one where the machine is set otherwise.",
        advice="Give the zone (tz=timezone.utc) and a format without locale, or set both with monkeypatch.",
    ),
}
