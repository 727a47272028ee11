#!/usr/bin/env python3
"""The last words of a fault on a handler's own stack: whose request it was, also where another one was begun after it, and that
the stack was full. usage: crash.py PROGRAM"""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "operations"))
from service import Checks, Service, dial  # noqa: E402

# A sanitizer's own handler would be left alone, and tell in its own words.
ENVIRONMENT = {name: "handle_segv=0:handle_sigbus=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}
check = Checks()


def words_of(path):
    """What is logged when a request of this path, which waits first, ends the process, and another one was begun meanwhile."""
    service = Service(sys.argv[1], "--workers", "1", env=ENVIRONMENT)
    with dial(service.port) as one, dial(service.port) as other:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        other.sendall(b"GET /sleep/5000 HTTP/1.1\r\nHost: h\r\n\r\n")
        check(f"{path}: it ends by the signal", service.end() in (-signal.SIGSEGV, -signal.SIGBUS), service.log)
    check(f"{path}: its request is told", any(f"crashed method=GET route={path} id=-" in line for line in service.log), service.log)
    return [line for line in service.log if "crashed signal=" in line]


def main():
    words = words_of("/async/crash")
    check("where it was, and that it was no full stack", words and "address=0x10 " in words[0] and "stack=full" not in words[0], words)
    words = words_of("/async/branch-crash")
    check("a branch's fault is its request's", words and "address=0x10 " in words[0], words)
    words = words_of("/async/deep")
    check("a full stack is told", words and words[0].rstrip().endswith("stack=full"), words)
    return check.end()


sys.exit(main())
