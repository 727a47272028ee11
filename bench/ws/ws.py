"""bench/run ws: WebSocket messages of 32 bytes echoed: processor time per message beside a null server and libwebsockets, in
interleaved rounds, with one and with 16 messages per write."""
import re
import subprocess

from harness import server as servers
from harness.build import build, program
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json

BARS = {("null", 1): 1.10, ("libwebsockets", 16): 0.30}
DEPTHS = (1, 16)


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="interleaved rounds (default 9)")
    parser.add_argument("--seconds", type=float, default=1, metavar="S", help="of each burst (default 1)")
    parser.add_argument("--connections", type=int, default=64, metavar="N", help="(default 64)")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def flare():
    return servers.Server("flare", "/text", lambda port, folder: [
        program("websocket_echo"), "--listen", f"127.0.0.1:{port}", "--workers", "1", "--log", "off"])


def null():
    return servers.Server("null", "/", lambda port, folder: [program("null_ws"), str(port)])


def libwebsockets():
    build("lws_echo")
    return servers.Server("libwebsockets", "/", lambda port, folder: [program("lws_echo"), str(port)])


def load(server, depth, options, prefix):
    """One burst: messages per second and the server's nanoseconds per message."""
    before = server.processor_seconds()
    done = subprocess.run([*prefix, program("ws_load"), str(server.port), server.path, str(options.connections), str(depth),
                           str(options.seconds)], capture_output=True, text=True, check=False, timeout=options.seconds + 60)
    after = server.processor_seconds()
    found = re.fullmatch(r"(\d+) messages in ([\d.]+) s\n", done.stdout)
    if done.returncode != 0 or not found:
        raise Failure(f"the load on {server.name} failed:\n{done.stdout}{done.stderr}")
    total, user, system = (b - a for a, b in zip(before, after))
    messages = int(found[1])
    return {"rate": messages / float(found[2]), "cpu_ns": total / messages * 1e9, "user_share": user / max(user + system, 1e-9)}


def times(rounds, name, depth):
    return [entry["cpu_ns"] for entry in rounds[name][depth]]


def report(rounds, depth):
    rows = []
    for name, entries in rounds.items():
        figures = {key: median([entry[key] for entry in entries[depth]]) for key in ("rate", "cpu_ns", "user_share")}
        row = [name, f"{figures['rate']:,.0f}", f"{figures['cpu_ns']:,.0f}", f"{100 * figures['user_share']:.0f} %"]
        row += ["" if other == name else ratio_spread(times(rounds, name, depth), times(rounds, other, depth))
                for other in rounds if other != "flare"]
        rows.append(row)
    say(f"\n{depth} message{'s' if depth > 1 else ''} per write; medians; ratios are medians of same rounds (least..most)")
    table(["server", "messages/s", "CPU ns/message", "user", *(f"CPU/{other}" for other in rounds if other != "flare")], rows)


def main(options):
    build("websocket_echo", "null_ws", "ws_load")
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    tested = []
    with servers.removing(tested):
        tested += [flare(), null()]
        try:
            tested.append(libwebsockets())
        except Failure as failure:
            skipped("a peer", str(failure).splitlines()[0])
        for server in tested:
            server.start(servers.pinned(0, realtime))
        say(f"{machine()}; servers on core 0, {options.connections} connections from core 1, "
            f"{'real-time priority' if realtime else 'normal priority'}; text messages of 32 bytes")
        loader = servers.pinned(1, realtime)
        for server in tested:
            load(server, DEPTHS[0], options, loader)
        rounds = {server.name: {depth: [] for depth in DEPTHS} for server in tested}
        for number in range(options.rounds):
            turn = number % len(tested)
            for depth in DEPTHS:
                for server in tested[turn:] + tested[:turn]:
                    rounds[server.name][depth].append(load(server, depth, options, loader))
            say(f"round {number + 1} of {options.rounds} done")
    for depth in DEPTHS:
        report(rounds, depth)
    write_json(options.json, [{"server": name, "depths": entries} for name, entries in rounds.items()])
    verdict = Verdict()
    say("")
    for (other, depth), bar in BARS.items():
        if other in rounds:
            verdict.at_most(f"CPU per message over {other}'s at depth {depth}",
                            median_ratio(times(rounds, "flare", depth), times(rounds, other, depth)), bar)
    return verdict.exit_status()
