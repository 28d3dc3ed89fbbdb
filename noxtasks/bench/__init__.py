"""Did it get slower, beyond noise?

The old and the new code run the same benchmarks in turn, in two processes at once that hand over to each other every
few milliseconds: what disturbs the one disturbs the other. Of each pair of processes one ratio is kept, of the fastest
rounds by CPU time; pairs are added until the ratios decide, by the tests of Wilcoxon and of Student, whether the new
code is slower than is allowed. Where a benchmark waits for something else than the processor, or works in several
threads at once, wall time decides instead.

The sources: T. Mytkowicz and others, "Producing wrong data without doing anything obviously wrong!" (ASPLOS 2009), on
what a process's environment and layout do to a measurement; T. Kalibera and R. Jones, "Rigorous benchmarking in
reasonable time" (ISMM 2013), on processes, and not rounds, as what is to be repeated.
"""

from __future__ import annotations

from noxtasks.bench.run import run

__all__ = ["run"]
