#!/usr/bin/env python3
"""What workers have in common when they are processes: counters, limits, keys of TLS tickets; and what they can't have.
usage: common.py STACK PROGRAM CERTIFICATE KEY MEMORY_SESSIONS"""
import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys

from service import Checks, Service, ask, children, dial, get, wait_for

STACK, PROGRAM, CERTIFICATE, KEY, SESSIONS = sys.argv[1:]
WORKERS = 3
check = Checks()


def supervised(program, *arguments, workers=WORKERS, **options):
    service = Service(program, "--supervise", "--workers", str(workers), *arguments, **options)
    wait_for(lambda: len(children(service)) == workers)
    return service


def kill_all(service):
    """Each worker gives way to another."""
    before = children(service)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    check("they are replaced", wait_for(lambda: len(children(service)) == len(before) and
                                        not set(children(service)) & set(before)), children(service))


def counted(service):
    text = get(service.port, "/metrics")[1].decode()
    found = re.search(r'http_requests_total\{method="GET",route="/text",code="200"\} (\d+)', text)
    return int(found[1]) if found else 0, int(re.search(r"http_requests_in_flight (\d+)", text)[1])


def test_metrics():
    service = supervised(STACK, "--log", "json")
    for _ in range(60):
        check.failed += get(service.port, "/text")[0] != 200
    check("each worker counts for all", {counted(service)[0] for _ in range(20)} == {60}, counted(service))
    with dial(service.port) as under_way:
        under_way.sendall(b"POST /slow HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n")
        check("what is under way is", wait_for(lambda: counted(service)[1] == 2), counted(service))
        kill_all(service)
    for _ in range(40):
        check.failed += get(service.port, "/text")[0] != 200
    check("those that come after them count on, and what ended with them is not under way",
          {counted(service) for _ in range(20)} == {(100, 1)}, counted(service))
    check("the supervisor's log is as asked for",
          [json.loads(line)["worker"] for line in service.log if "is started again" in line] != [], service.log)
    check("it ends", service.stop() == 0, service.log)


def limited(service, key):
    with dial(service.port) as connection:
        return ask(connection, "/keyed", f"X-Api-Key: {key}\r\n")[0]


def test_rate_limit():
    service = supervised(STACK)
    got = [limited(service, "a") for _ in range(30)]
    check("a limit is one for all workers", got.count(200) == 3 and got.count(429) == 27, got)
    kill_all(service)
    check("and outlives them", [limited(service, "a") for _ in range(6)] == [429] * 6)
    check("another client has its own", limited(service, "b") == 200)
    check("it ends", service.stop() == 0, service.log)


def handshake(port, context, session):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
            tls.sendall(b"GET /plaintext HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            while tls.recv(4096):
                pass
            return tls.session_reused, tls.session


def test_tickets():
    service = supervised(PROGRAM, "--tls-cert", CERTIFICATE, "--tls-key", KEY, "--tls-ticket-period", "60",
                         listen=("tls:127.0.0.1:0",))
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # whose tickets may be used more than once
    session = handshake(service.port, context, None)[1]
    check("every worker knows a ticket", all(handshake(service.port, context, session)[0] for _ in range(20)))
    kill_all(service)
    check("and those after them", all(handshake(service.port, context, session)[0] for _ in range(20)))
    check("it ends", service.stop() == 0, service.log)


def test_sessions():
    got = subprocess.run([SESSIONS, "--supervise", "--workers", "2", "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                         timeout=10)
    check("sessions in the memory of several processes are refused",
          got.returncode == 1 and "`store: memory`" in got.stderr, got)
    service = supervised(SESSIONS, workers=1, env={"FLARE_SESSION_KEYS": base64.b64encode(bytes(32)).decode()})
    check("of one they are not", service.stop() == 0, service.log)


def main():
    test_metrics()
    test_rate_limit()
    test_tickets()
    test_sessions()
    return check.end()


sys.exit(main())
