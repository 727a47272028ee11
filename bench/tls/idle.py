"""bench/run idle: memory of idle TLS connections beside nginx: resident bytes of a fresh server for each connection that sent
one request and has been quiet since."""
import os
import re
import subprocess
import tempfile
import time

from harness import server as servers
from harness.build import BENCH, build, need, program
from harness.console import Failure, Verdict, machine, say, table, write_json

from . import tls

BAR = 1.0


def add_arguments(parser):
    parser.add_argument("--connections", type=int, default=10000, metavar="N", help="(default 10000)")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="that they are idle (default 60)")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE")


def resident_bytes(server):
    total = 0
    for pid in server.processes():
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            total += int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024
    return total


def measure(server, options):
    """Bytes of the fresh server, and for each connection: when the last was opened, and after the time."""
    server.start()
    fresh = resident_bytes(server)
    with subprocess.Popen([program("idle_clients"), str(server.port), server.path, str(options.connections)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        if clients.stdout.readline() != f"held {options.connections}\n":
            raise Failure(f"{server.name} does not hold {options.connections} connections")
        opened = resident_bytes(server)
        time.sleep(options.seconds)
        idle = resident_bytes(server)
        clients.stdin.close()
        if clients.wait(60) != 0:
            raise Failure(f"{server.name} ended connections that were idle")
    server.stop()
    return {"fresh": fresh, "opened": (opened - fresh) / options.connections, "idle": (idle - fresh) / options.connections}


def main(options):
    need("openssl", "openssl")
    build("idle", "idle_clients")
    say(f"{machine()}; {options.connections} connections of TLS 1.3, idle for {options.seconds:.0f} s")
    tested, figures = [], {}
    with tempfile.TemporaryDirectory(prefix="flare-bench-") as certificates, servers.removing(tested):
        subprocess.run([os.path.join(os.path.dirname(BENCH), "dev"), "cert", "--out", certificates], check=True,
                       stdout=subprocess.DEVNULL)
        os.chmod(certificates, 0o755)
        tested += [tls.flare(certificates, "idle"), tls.nginx(certificates)]
        for server in tested:
            figures[server.name] = measure(server, options)
    say("\nresident bytes")
    table(["server", "fresh", "a connection, opened", f"a connection, {options.seconds:.0f} s idle"],
          [[name, *(f"{value:,.0f}" for value in row.values())] for name, row in figures.items()])
    say("")
    write_json(options.json, figures)
    verdict = Verdict()
    verdict.at_most("bytes of an idle connection over nginx's", figures["flare"]["idle"] / figures["nginx"]["idle"], BAR)
    return verdict.exit_status()
