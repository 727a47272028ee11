"""bench/run async: what an async handler costs beside a plain one: processor time, and memory while it waits.

Processor time is the server's own, of the same closed loop against a plain and an async handler that does not wait, in
turns; the median of their differences counts. Memory is what the process's resident set grows by, connections, buffers
and stacks together, when so many requests wait.
"""
import re
import resource
import socket
import time

from harness import server as servers
from harness.build import build, program, run
from harness.console import Verdict, median, say, table

MOST_NS = 1000
MOST_BYTES = 16384
DEPTH = 16


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=9, help="pairs of runs")
    parser.add_argument("--requests", type=int, default=160000, help="of a run")
    parser.add_argument("--waiting", type=int, default=10000, help="requests that wait at once")


def of(path):
    return servers.Server("flare", path, lambda port, folder: [
        program("bench_waiting"), "--listen", f"127.0.0.1:{port}", "--workers", "1", "--log", "off"])


def time_per_request(server, path, requests):
    before = server.processor_seconds()[0]
    run([program("closed_loop"), str(server.port), str(DEPTH), str(requests // DEPTH), path], timeout=300)
    return (server.processor_seconds()[0] - before) / requests * 1e9


def resident_bytes(server):
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024


def raise_limit():
    """As many descriptors as may be, here and in what is started from here."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def memory_of(server, count):
    """Bytes of resident memory a waiting request, beyond a server that has served one."""
    raise_limit()
    run([program("closed_loop"), str(server.port), "1", "1", "/async"], timeout=60)
    before = resident_bytes(server)
    peers = []
    try:
        for _ in range(count):
            peers.append(socket.create_connection(("127.0.0.1", server.port)))
            peers[-1].send(b"GET /waits HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
        time.sleep(2.5)  # longer than it takes to give memory back
        return (resident_bytes(server) - before) / count
    finally:
        for peer in peers:
            peer.close()


def measure(arguments, verdict):
    server = of("/plain")
    with servers.removing([server]):
        server.start()
        pairs = []
        for _ in range(arguments.rounds):
            pairs.append([time_per_request(server, path, arguments.requests) for path in ("/plain", "/async")])
        yields = [time_per_request(server, "/yields", arguments.requests // 8) for _ in range(3)]
        memory = memory_of(server, arguments.waiting)
    plain, beside = (median([pair[i] for pair in pairs]) for i in (0, 1))
    more = median([pair[1] - pair[0] for pair in pairs])
    say("processor time of a request, ns")
    table(["plain", "async", "more", "async that yields"],
          [[f"{plain:,.0f}", f"{beside:,.0f}", f"{more:,.0f}", f"{median(yields):,.0f}"]])
    verdict.at_most("an async handler over a plain one, ns of a processor", more, MOST_NS, "{:,.0f}")
    verdict.at_most(f"memory of each of {arguments.waiting:,} waiting requests, bytes", memory, MOST_BYTES, "{:,.0f}")


def main(arguments):
    build("bench_waiting", "closed_loop")
    verdict = Verdict()
    measure(arguments, verdict)
    return verdict.exit_status()
