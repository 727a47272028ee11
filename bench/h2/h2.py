"""bench/run h2: HTTP/2 in cleartext: processor time per request beside nghttpd and nginx, in interleaved rounds of h2load."""
import os
import re
import subprocess

from harness import server as servers
from harness.build import BENCH, build, need
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json

CONNECTIONS = 8
STREAMS = 32
BARS = {"nghttpd": 0.80, "nginx": 0.15}
BODY = "Hello, World!"


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="interleaved rounds (default 7)")
    parser.add_argument("--requests", type=int, default=100000, metavar="N", help="requests in a round (default 100000)")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def nghttpd():
    executable = need("nghttpd", "nghttp2-server")

    def arguments(port, folder):
        with open(os.path.join(folder, "plaintext"), "w", encoding="ascii") as file:
            file.write(BODY)
        return [executable, "--no-tls", "--address=127.0.0.1", "-n1", "-d", folder, str(port)]

    return servers.Server("nghttpd", "/plaintext", arguments)


def load(server, requests, prefix):
    """One burst of h2load: requests per second and the server's nanoseconds per request."""
    before = server.processor_seconds()
    done = subprocess.run([*prefix, "h2load", f"-c{CONNECTIONS}", f"-m{STREAMS}", f"-n{requests}", server.url],
                          capture_output=True, text=True, check=False, timeout=120)
    after = server.processor_seconds()
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    succeeded = re.search(r"(\d+) succeeded, 0 failed, 0 errored, 0 timeout", done.stdout)
    if done.returncode != 0 or not rate or not succeeded or int(succeeded[1]) != requests:
        raise Failure(f"h2load against {server.name} failed:\n{done.stdout}{done.stderr}")
    total, user, system = (b - a for a, b in zip(before, after))
    return {"rate": float(rate[1]), "cpu_ns": total / requests * 1e9, "user_share": user / max(user + system, 1e-9)}


def report(rounds, tested):
    rows = []
    for server in tested:
        figures = {key: [entry[key] for entry in rounds[server.name]] for key in ("rate", "cpu_ns", "user_share")}
        row = [server.name, f"{median(figures['rate']):,.0f}", f"{median(figures['cpu_ns']):,.0f}",
               f"{100 * median(figures['user_share']):.0f} %"]
        for other in BARS:
            same = other == server.name or other not in rounds
            row.append("" if same else ratio_spread(figures["cpu_ns"], [entry["cpu_ns"] for entry in rounds[other]]))
        rows.append(row)
    say("\nmedians; ratios are medians of same rounds (least..most)")
    table(["server", "requests/s", "CPU ns/request", "user", *(f"CPU/{other}" for other in BARS)], rows)


def judge(rounds):
    verdict = Verdict()
    say("")
    for other, bar in BARS.items():
        if other in rounds:
            verdict.at_most(f"CPU per request over {other}'s", median_ratio(
                [entry["cpu_ns"] for entry in rounds["flare"]], [entry["cpu_ns"] for entry in rounds[other]]), bar)
    return verdict.exit_status()


def main(arguments):
    need("h2load", "nghttp2-client")
    build("hello")
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    tested = []
    with servers.removing(tested):
        tested.append(servers.flare())
        for peer in (nghttpd, lambda: servers.nginx("h2")):
            try:
                tested.append(peer())
            except Failure as failure:
                skipped("a peer", str(failure))
        for server in tested:
            server.start(servers.pinned(0, realtime))
        say(f"{machine()}; servers on core 0, h2load with {CONNECTIONS} connections of {STREAMS} streams on core 1, "
            f"{'real-time priority' if realtime else 'normal priority'}; HTTP/2 in cleartext, {len(BODY)} bytes")
        loader = servers.pinned(1, realtime)
        for server in tested:
            load(server, arguments.requests // 10, loader)
        rounds = {server.name: [] for server in tested}
        for number in range(arguments.rounds):
            turn = number % len(tested)
            for server in tested[turn:] + tested[:turn]:
                rounds[server.name].append(load(server, arguments.requests, loader))
            say(f"round {number + 1} of {arguments.rounds} done")
    report(rounds, tested)
    write_json(arguments.json, [{"server": name, "rounds": entries} for name, entries in rounds.items()])
    return judge(rounds)
