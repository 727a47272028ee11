"""bench/run plaintext: rate and processor time per request beside a null server and nginx, in interleaved rounds."""
import subprocess

from harness import server as servers
from harness.build import BENCH, build, need
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json

CONNECTIONS = 64
CPU_BAR = {1: 1.05, 16: 1.30}
RATE_BAR = 0.95


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=25, metavar="N", help="interleaved rounds (default 25)")
    parser.add_argument("--seconds", type=int, default=1, metavar="S", help="seconds of load in a round (default 1)")
    parser.add_argument("--depths", default="1,16", metavar="LIST", help="requests per write (default 1,16)")
    parser.add_argument("--fixed", action="store_true", help="measure hello's GET /fixed too")
    parser.add_argument("--without-flare", action="store_true",
                        help="only null against nginx, to see how far the machine can be trusted")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def load(server, depth, seconds, prefix):
    """One burst of wrk: requests per second and the server's nanoseconds per request."""
    before = server.processor_seconds()
    done = subprocess.run([*prefix, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s",
                           f"{BENCH}/plaintext/pipeline.lua", server.url, "--", str(depth)],
                          capture_output=True, text=True, check=False, timeout=seconds + 30)
    after = server.processor_seconds()
    figures = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("figures ")]
    if done.returncode != 0 or not figures:
        raise Failure(f"wrk against {server.name} failed:\n{done.stdout}{done.stderr}")
    requests, duration_us, errors, refusals = map(int, figures[0])
    if errors or refusals or requests == 0:
        raise Failure(f"{server.name}: {requests} requests, {errors} socket errors, {refusals} not 2xx or 3xx")
    total, user, system = (b - a for a, b in zip(before, after))
    return {"rate": requests / (duration_us / 1e6), "cpu_ns": total / requests * 1e9,
            "user_share": user / max(user + system, 1e-9)}


def measure(tested, depths, arguments, realtime):
    rounds = {(server.name, depth): [] for server in tested for depth in depths}
    loader = servers.pinned(1, realtime)
    for server in tested:
        for depth in depths:
            load(server, depth, 1, loader)
    for number in range(arguments.rounds):
        turn = number % len(tested)
        for depth in depths:
            for server in tested[turn:] + tested[:turn]:
                rounds[server.name, depth].append(load(server, depth, arguments.seconds, loader))
        say(f"round {number + 1} of {arguments.rounds} done")
    return rounds


def column(rounds, name, depth, figure):
    return [entry[figure] for entry in rounds[name, depth]]


def report(rounds, tested, depths):
    for depth in depths:
        rows = []
        for server in tested:
            rate = column(rounds, server.name, depth, "rate")
            cpu = column(rounds, server.name, depth, "cpu_ns")
            row = [server.name, f"{median(rate):,.0f}", f"{median(cpu):,.0f}",
                   f"{100 * median(column(rounds, server.name, depth, 'user_share')):.0f} %"]
            for other in ("null", "nginx"):
                if other == server.name or (other, depth) not in rounds:
                    row += ["", ""]
                    continue
                row += [ratio_spread(rate, column(rounds, other, depth, "rate")),
                        ratio_spread(cpu, column(rounds, other, depth, "cpu_ns"))]
            rows.append(row)
        say(f"\n{depth} request{'s' if depth > 1 else ''} per write, medians; ratios are medians of same rounds (least..most)")
        table(["server", "requests/s", "CPU ns/request", "user", "rate/null", "CPU/null", "rate/nginx", "CPU/nginx"], rows)


def judge(rounds, depths):
    verdict = Verdict()
    say("")
    for depth in depths:
        rate = column(rounds, "flare", depth, "rate")
        cpu = column(rounds, "flare", depth, "cpu_ns")
        verdict.at_most(f"depth {depth}, CPU per request over null's",
                        median_ratio(cpu, column(rounds, "null", depth, "cpu_ns")), CPU_BAR.get(depth, 1.30))
        verdict.at_least(f"depth {depth}, rate over null's",
                         median_ratio(rate, column(rounds, "null", depth, "rate")), RATE_BAR)
        if ("nginx", depth) in rounds:
            verdict.at_least(f"depth {depth}, rate over nginx's",
                             median_ratio(rate, column(rounds, "nginx", depth, "rate")), 1.0)
    return verdict.exit_status()


def main(arguments):
    need("wrk", "wrk")
    depths = [int(depth) for depth in arguments.depths.split(",")]
    build("null_server", *([] if arguments.without_flare else ["hello"]))
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    tested = []
    with servers.removing(tested):
        reply_bytes = 150
        if not arguments.without_flare:
            tested.append(servers.flare())
            if arguments.fixed:
                tested.append(servers.flare("/fixed", "flare fixed()"))
            for server in tested:
                server.start(servers.pinned(0, realtime))
            reply_bytes = servers.keep_alive_reply_bytes(tested[0])
        beside = [servers.null(reply_bytes)]
        tested += beside
        try:
            beside.append(servers.nginx())
            tested.append(beside[1])
        except Failure as failure:
            skipped("nginx", str(failure))
        for server in beside:
            server.start(servers.pinned(0, realtime))
        for server in tested:
            servers.keep_alive_reply_bytes(server)
        say(f"{machine()}; servers on core 0, wrk with {CONNECTIONS} connections on core 1, "
            f"{'real-time priority' if realtime else 'normal priority'}; replies of {reply_bytes} bytes")
        rounds = measure(tested, depths, arguments, realtime)
    report(rounds, tested, depths)
    write_json(arguments.json, [{"server": name, "depth": depth, "rounds": entries}
                                for (name, depth), entries in rounds.items()])
    return 0 if arguments.without_flare else judge(rounds, depths)
