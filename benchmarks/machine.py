"""The machine a figure came from: what a reader needs to judge it, and nothing that names the machine."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def describe_machine() -> str:
    """Cores, processor, memory, Python, kernel, date and the load others put on it."""
    memory_gib = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory_gib:.0f} GiB, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release().split('-')[0]}, {datetime.now(UTC):%Y-%m-%d}, load before: {load:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
