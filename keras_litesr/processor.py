"""The name of this machine's processor."""

import platform
from pathlib import Path


def processor() -> str:
    """Names the processor as its maker does, or else as the platform knows it; perhaps empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
