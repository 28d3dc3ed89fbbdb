"""Which machine measured: times of another one are never compared with its own."""

from __future__ import annotations

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path

import msgspec

from noxtasks.config.cores import available_cores
from noxtasks.suite import process

_BUILD = "import platform, sys; print(platform.python_implementation(), sys.version.replace(chr(10), ' '))"
_ID_LENGTH = 12
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how fast the same code runs, as far as one can ask."""

    processor: str
    cores: int  # that this process may use
    system: str  # "Linux 6.1 x86_64"
    python: str  # the interpreter's build

    @property
    def id(self) -> str:
        """A name for exactly these values."""
        text = "\0".join((self.processor, str(self.cores), self.system, self.python))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def this(python: Path) -> Machine:
    """This machine, with the interpreter `python`."""
    release = ".".join(platform.release().split(".")[:2])
    return Machine(
        processor=_processor(),
        cores=available_cores(),
        system=f"{platform.system()} {release} {platform.machine()}",
        python=process.run([str(python), "-c", _BUILD], cwd=python.parent).stdout.strip(),
    )


def circumstances() -> dict[str, str | float]:
    """What disturbs a measurement and changes from one to the next: the load, and how the frequency is governed."""
    found: dict[str, str | float] = {}
    if hasattr(os, "getloadavg"):
        found["load"] = round(os.getloadavg()[0], 2)
    with suppress(OSError):
        found["governor"] = _GOVERNOR.read_text("ascii").strip()
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
