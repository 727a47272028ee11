#!/usr/bin/env python3
"""uses.py STACK: what is built in, as clients and tools find it."""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import served
from served import Served, check

program = sys.argv[1]


def metric(text, name, **labels):
    """The sum of a metric's samples that have these labels."""
    found = 0
    for line in text.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
            found += float(match[2])
    return found


def many(server, count, connections):
    """Pipelined requests, in batches of 100."""
    for number in range(connections):
        connection = server.dial()
        file = connection.makefile("rb")
        for _ in range(count // connections // 100):
            connection.sendall(b"GET /items/1 HTTP/1.1\r\nHost: test\r\n\r\n" * 100)
            for _ in range(100):
                length = 0
                for line in iter(file.readline, b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                file.read(length)
        connection.close()


def metrics():
    with Served(program, "--workers", "4") as server:
        many(server, 20000, 20)
        check(server.ask("/items/500")[0] == 500, "a 500")
        check(server.ask("/items/2000")[0] == 404, "a 404")
        check(server.ask("/items/x")[0] == 400, "a 400")
        check(server.ask("/nowhere")[0] == 404, "a 404 without a route")
        check(server.ask("/items/1", method="HEAD")[0] == 200, "HEAD")
        waiting = server.dial()
        waiting.sendall(b"POST /slow HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.2)
        status, fields, content = server.ask("/metrics")
        text = content.decode()
        check(status == 200 and fields["content-type"] == ["text/plain; version=0.0.4; charset=utf-8"], f"{fields}")
        route = "/items/:id"
        check(metric(text, "http_requests_total", route=route, code=200) == 20001, "20001 requests are counted")
        check(metric(text, "http_requests_total", route=route) == 20004, "all of the route")
        check(metric(text, "http_request_duration_seconds_count", route=route) == 20004, "all have a duration")
        check(metric(text, "http_request_duration_seconds_bucket", route=route, le=r"+Inf") == 20004, "all in a bucket")
        check(metric(text, "http_request_errors_total", route=route) == 1, "one error")
        check(metric(text, "http_requests_total", route="none", code=404) == 1, "one without a route")
        check(metric(text, "http_requests_in_flight") == 2, f"two in flight: {metric(text, 'http_requests_in_flight')}")
        check('service_info{service="stack",version="1.2.0"} 1' in text, "what runs")
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        waiting.close()
        time.sleep(0.2)
        text = server.ask("/metrics")[2].decode()
        check(metric(text, "http_requests_in_flight") == 1, "one that left is no longer in flight")
        check(metric(text, "http_requests_total", route="/slow", code=0) == 1, "and counted as such")
        promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
        if promtool:
            run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
            check(run.returncode == 0 and not run.stderr, f"promtool: {run.stdout}{run.stderr}")
        else:
            print("skipped: promtool is missing")


def readiness():
    with Served(program, "--workers", "2", "--drain-delay", "2") as server:
        check(server.ask("/health")[::2] == (200, b"ok\n"), "healthy")
        status, fields, content = server.ask("/ready")
        check((status, content, fields["cache-control"]) == (200, b"ready\n", ["no-store"]), "ready")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        check(server.ask("/ready")[::2] == (503, b"stopping\n"), "not ready once it was told to stop")
        check(server.ask("/health")[0] == 200, "healthy all the same")
        check(server.ask("/items/1")[0] == 200, "and it serves")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        check(time.monotonic() - began < 1.2, "a second signal ends the delay")
    check(server.status == 0, "a clean end")
    with Served(program, "--workers", "1", "--drain-delay", "1") as server:
        check(server.ask("/ready")[0] == 200, "ready")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        check(0.9 < time.monotonic() - began < 4, "the delay ends by itself")


metrics()
readiness()
sys.exit(1 if served.failed else 0)
