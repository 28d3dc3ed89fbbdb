"""Which machine measured: times of another one are never compared with its own."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path

import msgspec

from noxtasks.config.cores import available_cores
from noxtasks.suite import process

_BUILD = "import platform, sys; print(platform.python_implementation(), sys.version.replace(chr(10), ' '))"
_ID_LENGTH = 12
_FREQUENCY = Path("/sys/devices/system/cpu/cpu0/cpufreq")
_CPUINFO = Path("/proc/cpuinfo")
_MHZ = re.compile(r"^cpu MHz\s*: (\d+(?:\.\d+)?)$", re.MULTILINE)


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


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What disturbs a measurement and changes from one to the next; None where the system does not tell."""

    load: float | None  # mean of a minute before it began
    governor: str | None  # how the frequency is chosen
    frequency_mhz: float | None  # when it began


def this(python: Path) -> Machine:
    """This machine, with the interpreter `python`."""
    release = ".".join(platform.release().split(".")[:2])
    return Machine(
        processor=_processor(),
        cores=available_cores(),
        system=f"{platform.system()} {release} {platform.machine()}",
        python=process.run([str(python), "-c", _BUILD], cwd=python.parent).stdout.strip(),
    )


def circumstances() -> Circumstances:
    """What disturbs a measurement now."""
    return Circumstances(
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        governor=_read(_FREQUENCY / "scaling_governor") or None,
        frequency_mhz=frequency_mhz(_read(_FREQUENCY / "scaling_cur_freq"), _read(_CPUINFO)),
    )


def frequency_mhz(kilohertz: str, cpuinfo: str) -> float | None:
    """The frequency by what Linux says of the first core: its driver, else the list of processors."""
    said = [kilohertz] if kilohertz else [str(1000 * float(mhz)) for mhz in _MHZ.findall(cpuinfo)[:1]]
    return round(float(said[0]) / 1000, 1) if said else None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _processor() -> str:
    models = [line.partition(":")[2].strip() for line in _read(_CPUINFO).splitlines() if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
