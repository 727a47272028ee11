#!/usr/bin/env python3
"""A supervisor on a system that has no process for a worker just now: it waits, says so, and tries again. usage: poor.py
PROGRAM"""
import os
import re
import signal
import sys

from service import Checks, Service, children, get, wait_for

PROGRAM = sys.argv[1]
check = Checks()
FAILED = "a worker can't be started and is tried again"


def delays(service):
    return [int(found[1]) for line in service.log if FAILED in line and (found := re.search(r"delay_ms=(\d+)", line))]


def test_at_the_start(poor, word):
    """The second of two workers can't be started at first; what connects meanwhile is served in the end."""
    service = Service(PROGRAM, "--supervise", "--workers", "2", env={"POOR": f"2 2 {poor}"})
    check(f"{poor}: it is served from the start on", all(get(service.port, "/plaintext")[0] == 200 for _ in range(20)))
    check("both are there", wait_for(lambda: len(children(service)) == 2), service.log)
    check("it was told, with its reason and growing pauses", delays(service) == [100, 200] and
          all(word in line and "worker=1" in line for line in service.log if FAILED in line), service.log)
    check("it ends", service.stop() == 0, service.log)


def test_after_a_crash(poor, word):
    service = Service(PROGRAM, "--supervise", "--workers", "2", "--listener", "shared", env={"POOR": f"3 2 {poor}"})
    wait_for(lambda: len(children(service)) == 2)
    os.kill(children(service)[0], signal.SIGKILL)
    check("meanwhile the other one serves", all(get(service.port, "/plaintext")[0] == 200 for _ in range(20)))
    check(f"{poor}: it is tried until it works", wait_for(lambda: len(delays(service)) == 2 and len(children(service)) == 2),
          service.log)
    check("it was told", all(word in line for line in service.log if FAILED in line), service.log)
    check("it serves", get(service.port, "/plaintext")[0] == 200)
    check("it ends", service.stop() == 0, service.log)


def test_the_end_while_it_waits(poor):
    service = Service(PROGRAM, "--supervise", "--workers", "2", "--listener", "shared", env={"POOR": f"2 1000 {poor}"})
    check("it is tried", wait_for(lambda: len(delays(service)) >= 2), service.log)
    check("the other one serves", len(children(service)) == 1 and get(service.port, "/plaintext")[0] == 200)
    check(f"{poor}: it ends all the same", service.stop() == 0, service.log)


def test_no_memory_to_share():
    for times, told in ((8, False), (9, True)):  # from 256 MiB down to 1 MiB
        service = Service(PROGRAM, "--supervise", "--workers", "2", env={"POOR": f"1 {times} ENOMEM map"})
        check("it serves", all(get(service.port, "/plaintext")[0] == 200 for _ in range(20)), service.log)
        check(f"{times} times too little: it {'is' if told else 'is not'} told",
              any("no memory that workers share" in line for line in service.log) == told, service.log)
        check("it ends", service.stop() == 0, service.log)


def main():
    test_at_the_start("EAGAIN fork", "the limit of processes is reached")
    test_at_the_start("EMFILE pair", "too many open files")
    test_after_a_crash("ENOMEM fork", "memory")
    test_the_end_while_it_waits("EAGAIN fork")
    test_no_memory_to_share()
    return check.end()


sys.exit(main())
