#!/usr/bin/env python3
"""counting.py MULTICORE: four workers and 100,000 requests count exactly 100,000, in shared and in own memory, and in metrics()."""
import json
import re
import socket
import sys
import threading

import served
from served import Served, check

REQUESTS, CONNECTIONS, BATCH = 100_000, 16, 250
request = b"POST /hits HTTP/1.1\r\nHost: test\r\n\r\n"


def hit(server, times):
    """Pipelined: all replies are of one length."""
    connection = server.dial()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request)
    length = len(connection.recv(4096))
    for begin in range(1, times, BATCH):
        count = min(BATCH, times - begin)
        connection.sendall(request * count)
        left = count * length
        while left > 0:
            got = connection.recv(left)
            if not got:
                raise SystemExit("the server closed a connection")
            if got[:12] != b"HTTP/1.1 204" and left == count * length:
                raise SystemExit(f"not a 204: {got[:40]}")
            left -= len(got)
    connection.close()


with Served(sys.argv[1], "--workers", "4") as server:
    threads = [threading.Thread(target=hit, args=(server, REQUESTS // CONNECTIONS)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = json.loads(server.ask("/hits")[2])
    check(counts["total"] == REQUESTS, f"all together: {counts}")
    check(len(counts["workers"]) == 4 and sum(counts["workers"]) == REQUESTS, f"each for itself: {counts}")
    text = server.ask("/metrics")[2].decode()
    found = re.search(r'http_requests_total\{[^}]*method="POST"[^}]*code="204"[^}]*\} (\d+)', text)
    check(found is not None and int(found[1]) == REQUESTS, f"metrics: {found and found[0]}")
check(server.status == 0 and "Sanitizer" not in server.logged, f"it ends well: {server.status} {server.logged}")
sys.exit(1 if served.failed else 0)
