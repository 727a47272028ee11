"""bench/run tls: processor time over TLS, in interleaved rounds: per HTTP/1.1 request and per full handshake beside nginx,
per HTTP/2 request beside h2o."""
import os
import re
import socket
import ssl
import subprocess
import tempfile
import time

from harness import server as servers
from harness.build import BENCH, build, need, program
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json

# What is measured beside whom, and flare's part of it.
BARS = {"request": ("nginx", 1.0), "handshake": ("nginx", 1.03), "HTTP/2 request": ("h2o", 1.0)}
BODY = "Hello, World!"
CONNECTIONS = 8
STREAMS = 32


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="interleaved rounds (default 7)")
    parser.add_argument("--seconds", type=float, default=2, metavar="S", help="of each burst (default 2)")
    parser.add_argument("--requests", type=int, default=60000, metavar="N", help="of a burst over HTTP/2 (default 60000)")
    parser.add_argument("--only", choices=list(BARS), help="measure just this")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def flare(certificates, service="hello"):
    def arguments(port, folder):
        return [program(service), "--listen", f"tls:127.0.0.1:{port}", "--workers", "1", "--tls-cert", f"{certificates}/localhost.crt",
                "--tls-key", f"{certificates}/localhost.key", "--log", "off"]

    return servers.Server("flare", "/plaintext", arguments)


def configured(name, file, port, folder, certificates):
    with open(os.path.join(BENCH, "tls", file), encoding="ascii") as configuration:
        text = configuration.read()
    for word, value in (("@PORT@", str(port)), ("@CERT@", certificates), ("@FOLDER@", folder)):
        text = text.replace(word, value)
    if name == "nginx" and os.geteuid() == 0:
        text = "user root;\n" + text
    with open(os.path.join(folder, file), "w", encoding="ascii") as configuration:
        configuration.write(text)


def nginx(certificates):
    executable = need("nginx", "nginx")

    def arguments(port, folder):
        configured("nginx", "nginx.conf", port, folder, certificates)
        return [executable, "-p", folder + "/", "-e", "stderr", "-c", "nginx.conf"]

    return servers.Server("nginx", "/plaintext", arguments)


def h2o(certificates):
    executable = need("h2o", "h2o")

    def arguments(port, folder):
        configured("h2o", "h2o.conf", port, folder, certificates)
        os.chmod(folder, 0o755)
        os.mkdir(os.path.join(folder, "files"))
        with open(os.path.join(folder, "files", "plaintext"), "w", encoding="ascii") as file:
            file.write(BODY)
        return [executable, "-m", "worker", "-c", os.path.join(folder, "h2o.conf")]

    return servers.Server("h2o", "/plaintext", arguments)


def measured(server, command, pattern, timeout):
    """Runs a load; the server's nanoseconds for each of what `pattern` counts, and what the load printed."""
    before = server.processor_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    after = server.processor_seconds()
    count = re.search(pattern, done.stdout)
    if not count or int(count[1]) < 100 or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise Failure(f"the load on {server.name} failed:\n{done.stdout}{done.stderr}")
    return (after[0] - before[0]) / int(count[1]) * 1e9, done.stdout


def requests(server, options, prefix):
    return measured(server, [*prefix, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{options.seconds:.0f}s",
                             f"https://127.0.0.1:{server.port}{server.path}"], r"(\d+) requests in", options.seconds + 30)[0]


def h2_requests(server, options, prefix):
    cost, text = measured(server, [*prefix, "h2load", f"-c{CONNECTIONS}", f"-m{STREAMS}", f"-n{options.requests}",
                                   f"https://127.0.0.1:{server.port}{server.path}"],
                          r"(\d+) succeeded, 0 failed, 0 errored, 0 timeout", 120)
    suite = re.search(r"Cipher: (\S+)", text)
    if "Application protocol: h2\n" not in text or not suite or suite[1] != "TLS_AES_128_GCM_SHA256":
        raise Failure(f"{server.name} does not speak h2 by the suite of the others:\n{text}")
    return cost


def handshakes(server, options, prefix):
    """Full handshakes one after the other, each of them ended by the client: nanoseconds of the server for each."""
    context, count = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), 0
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    give_up = time.monotonic() + options.seconds
    before = server.processor_seconds()
    while time.monotonic() < give_up:
        context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=20)).close()
        count += 1
    return (server.processor_seconds()[0] - before[0]) / count * 1e9


LOADS = {"request": requests, "handshake": handshakes, "HTTP/2 request": h2_requests}


def run_rounds(tested, options, realtime):
    rounds = {what: {} for what in BARS}
    for number in range(options.rounds):
        for what, (other, _) in BARS.items():
            order = [server for server in tested if server.name in ("flare", other)]
            if len(order) < 2 or options.only not in (None, what):
                continue
            for server in order if number % 2 == 0 else order[::-1]:
                cost = LOADS[what](server, options, servers.pinned(1, realtime))
                rounds[what].setdefault(server.name, []).append(cost)
        say(f"round {number + 1} of {options.rounds} done")
    return rounds


def report(rounds):
    rows = []
    verdict = Verdict()
    for what, (other, _) in BARS.items():
        if other in rounds[what]:
            ours, theirs = rounds[what]["flare"], rounds[what][other]
            rows.append([what, f"{median(ours):,.0f} ns", f"{other} {median(theirs):,.0f} ns", ratio_spread(ours, theirs)])
    say("\nmedians of the servers' processor time; ratios are medians of same rounds (least..most)")
    table(["of one", "flare", "beside", "flare over it"], rows)
    say("")
    for what, (other, bar) in BARS.items():
        if other in rounds[what]:
            verdict.at_most(f"CPU per {what} over {other}'s", median_ratio(rounds[what]["flare"], rounds[what][other]), bar)
    return verdict.exit_status()


def main(options):
    need("wrk", "wrk")
    need("h2load", "nghttp2-client")
    need("openssl", "openssl")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the servers have the other core
    build("hello")
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    say(f"{machine()}; servers on core 0, {CONNECTIONS} connections from core 1, "
        f"{'real-time priority' if realtime else 'normal priority'}; TLS 1.3, P-256, {len(BODY)} bytes")
    tested = []
    with tempfile.TemporaryDirectory(prefix="flare-bench-") as certificates, servers.removing(tested):
        subprocess.run([os.path.join(os.path.dirname(BENCH), "dev"), "cert", "--out", certificates], check=True,
                       stdout=subprocess.DEVNULL)
        os.chmod(certificates, 0o755)
        tested.append(flare(certificates))
        for peer in (nginx, h2o):
            try:
                tested.append(peer(certificates))
            except Failure as failure:
                skipped("a peer", str(failure))
        for server in tested:
            server.start(servers.pinned(0, realtime))
        rounds = run_rounds(tested, options, realtime)
    write_json(options.json, rounds)
    return report(rounds)
