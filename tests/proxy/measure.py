"""What a program holds, and when numbers stand still."""
import re
import time

from served import check

MIB = 1 << 20


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) << 10


def bounded(program, front, before, what):
    """Sanitizers keep what is freed, so there it says nothing."""
    with open(program, "rb") as file:
        if b"__tsan_" in (binary := file.read()) or b"__asan_" in binary:
            return
    grown = resident(front.process) - before
    check(grown < 4 * MIB, f"{what}: {grown >> 10} KiB more")


def wait_until_still(count):
    """Until a number does not change any more."""
    last = -1
    while last != count():
        last = count()
        time.sleep(0.1)
