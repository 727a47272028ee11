"""bench/run size: a stripped hello is small and holds no code of features that its spec does not use."""
import os
import re

from harness.build import BENCH, build, need, program, run
from harness.console import Verdict, say

BAR_BYTES = 256 * 1024
ABSENT = os.path.join(BENCH, "size", "absent.txt")


def add_arguments(parser):
    parser.add_argument("--symbols", action="store_true", help="list the largest functions of hello")


def absent_patterns():
    """[(feature, pattern)]: symbols of what hello does not use."""
    with open(ABSENT, encoding="utf-8") as file:
        lines = [line.split(None, 1) for line in file if line.strip() and not line.startswith("#")]
    return [(feature.strip(), re.compile(pattern)) for pattern, feature in lines]


def main(arguments):
    need("nm", "binutils")
    build("hello")
    hello = program("hello")
    stripped = hello + ".stripped"
    run(["strip", "-o", stripped, hello])
    size = os.path.getsize(stripped)
    symbols = [line.split() for line in run(["nm", "--size-sort", "--reverse-sort", "-S", hello]).splitlines()]
    names = [fields[-1] for fields in symbols]
    if arguments.symbols:
        for fields in symbols[:40]:
            say(f"{int(fields[1], 16):7} {fields[-1]}")
    say(run(["size", hello]).rstrip())
    verdict = Verdict()
    verdict.at_most("bytes of a stripped hello", size, BAR_BYTES, "{:,}")
    for feature, pattern in absent_patterns():
        found = [name for name in names if pattern.search(name)]
        verdict.holds(f"hello holds no code of {feature}" + (f", but {', '.join(found[:5])}" if found else ""), not found)
    return verdict.exit_status()
