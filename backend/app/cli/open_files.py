"""How many files and sockets the program may have open."""

import sys


def allow_open_files(wanted: int) -> int:
    """Raise this process's soft limit towards `wanted`, as far as the hard limit lets it; gives what is allowed now.

    Where the system has no such limit (Windows), nothing is done.
    """
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    return reachable
