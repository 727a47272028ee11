"""bench/run tls: HTTP/1.1 over TLS beside nginx: processor time per request and per full handshake, in interleaved rounds,
and the memory of idle connections."""
import os
import re
import resource
import socket
import ssl
import subprocess
import tempfile
import time

from harness import server as servers
from harness.build import BENCH, build, need, program
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, table, write_json

BARS = {"request": 1.0, "handshake": 1.03, "idle": 1.0}
CONNECTIONS = 8


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="interleaved rounds (default 7)")
    parser.add_argument("--seconds", type=float, default=2, metavar="S", help="of each burst (default 2)")
    parser.add_argument("--idle", type=int, default=10000, metavar="N", help="idle connections (default 10000; 0: none)")
    parser.add_argument("--idle-seconds", type=float, default=60, metavar="S", help="that they are idle (default 60)")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def flare(certificates):
    def arguments(port, folder):
        return [program("hello"), "--listen", f"tls:127.0.0.1:{port}", "--workers", "1", "--tls-cert", f"{certificates}/localhost.crt",
                "--tls-key", f"{certificates}/localhost.key", "--log", "off"]

    return servers.Server("flare", "/plaintext", arguments)


def nginx(certificates):
    executable = need("nginx", "nginx")

    def arguments(port, folder):
        with open(os.path.join(BENCH, "tls", "nginx.conf"), encoding="ascii") as file:
            text = file.read().replace("@PORT@", str(port)).replace("@CERT@", certificates)
        if os.geteuid() == 0:
            text = "user root;\n" + text
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(text)
        return [executable, "-p", folder + "/", "-e", "stderr", "-c", "nginx.conf"]

    return servers.Server("nginx", "/plaintext", arguments)


def measured(server, command, pattern, timeout):
    """Runs a load; the server's nanoseconds for each of what `pattern` counts."""
    before = server.processor_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    after = server.processor_seconds()
    count = re.search(pattern, done.stdout)
    if not count or int(count[1]) < 100 or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise Failure(f"the load on {server.name} failed:\n{done.stdout}{done.stderr}")
    return (after[0] - before[0]) / int(count[1]) * 1e9


def requests(server, seconds, prefix):
    return measured(server, [*prefix, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s",
                             f"https://127.0.0.1:{server.port}{server.path}"], r"(\d+) requests in", seconds + 30)


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def handshakes(server, seconds, prefix):
    """Full handshakes one after the other, each of them ended by the client: nanoseconds of the server for each."""
    context, count = client_context(), 0
    give_up = time.monotonic() + seconds
    before = server.processor_seconds()
    while time.monotonic() < give_up:
        context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=20)).close()
        count += 1
    return (server.processor_seconds()[0] - before[0]) / count * 1e9


def resident_bytes(server):
    total = 0
    for pid in server.processes():
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            total += int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024
    return total


def idle_bytes(server, count, seconds):
    """A fresh server's bytes for each of `count` connections that sent one request and are idle since."""
    context = client_context()
    before = resident_bytes(server)
    held = []
    for _ in range(count):
        held.append(context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=20)))
        held[-1].sendall(b"GET /plaintext HTTP/1.1\r\nHost: h\r\n\r\n")
        if not held[-1].recv(4096).startswith(b"HTTP/1.1 200"):
            raise Failure(f"{server.name} did not answer connection {len(held)}")
    time.sleep(seconds)
    after = resident_bytes(server)
    for connection in held:
        connection.close()
    return (after - before) / count


def run_rounds(tested, options, loads, server_prefix, client_prefix):
    for server in tested:
        server.start(server_prefix)
    rounds = {what: {server.name: [] for server in tested} for what in loads}
    for number in range(options.rounds):
        order = tested if number % 2 == 0 else tested[::-1]
        for what, load in loads.items():
            for server in order:
                rounds[what][server.name].append(load(server, options.seconds, client_prefix))
    for server in tested:
        server.stop()
    return rounds


def run_idle(tested, options):
    files = 2 * options.idle + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise Failure(f"{options.idle} connections need {files} descriptors, and {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    figures = {}
    for server in tested:
        server.start()
        figures[server.name] = idle_bytes(server, options.idle, options.idle_seconds)
        server.stop()
    return figures


def main(options):
    say(machine())
    need("wrk", "wrk")
    need("openssl", "openssl")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the servers have the other core
    build("hello")
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="flare-bench-") as certificates:
        subprocess.run([os.path.join(os.path.dirname(BENCH), "dev"), "cert", "--out", certificates], check=True,
                       stdout=subprocess.DEVNULL)
        os.chmod(certificates, 0o755)
        tested = [flare(certificates), nginx(certificates)]
        loads = {"request": requests, "handshake": handshakes}
        try:
            rounds = run_rounds(tested, options, loads, servers.pinned(0, []), servers.pinned(1, []))
            idle = run_idle(tested, options) if options.idle else {}
        finally:
            for server in tested:
                server.remove()
    rows = [[what, *(f"{median(rounds[what][name]):,.0f} ns" for name in ("flare", "nginx")),
             ratio_spread(rounds[what]["flare"], rounds[what]["nginx"])] for what in loads]
    if idle:
        rows.append(["idle connection", *(f"{idle[name]:,.0f} B" for name in ("flare", "nginx")),
                     f"{idle['flare'] / idle['nginx']:.2f}"])
    say("\nmedians of the servers' processor time; ratios are medians of same rounds (least..most)")
    table(["of one", "flare", "nginx", "flare/nginx"], rows)
    say("")
    for what in loads:
        verdict.at_most(f"CPU per {what} over nginx's", median_ratio(rounds[what]["flare"], rounds[what]["nginx"]), BARS[what])
    if idle:
        verdict.at_most("bytes per idle connection over nginx's", idle["flare"] / idle["nginx"], BARS["idle"])
    write_json(options.json, {"rounds": rounds, "idle": idle})
    return verdict.exit_status()
