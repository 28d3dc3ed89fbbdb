"""What is noted of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.bench import machine


@pytest.mark.parametrize(
    ("kilohertz", "cpuinfo", "mhz"),
    [
        ("2596122", "", 2596.1),
        ("800000", "processor\t: 0\ncpu MHz\t\t: 2596.122\n", 800.0),
        ("", "processor\t: 0\ncpu MHz\t\t: 2596.122\nprocessor\t: 1\ncpu MHz\t\t: 800.000", 2596.1),
        ("", "processor\t: 0\nBogoMIPS\t: 50.00\n", None),
        ("", "", None),
    ],
)
def test_the_frequency_is_what_the_driver_says_or_the_list_of_processors(
    kilohertz: str, cpuinfo: str, mhz: float | None
) -> None:
    assert machine.frequency_mhz(kilohertz, cpuinfo) == mhz


def test_the_same_machine_has_the_same_id_and_another_has_another(python: Path) -> None:
    this = machine.this(python)
    assert this.id == machine.this(python).id
    assert this.id != machine.Machine(processor="another", cores=1, system="", python="").id
    assert this.processor
