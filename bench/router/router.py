"""bench/run router: time of a dispatch beside matchit and httprouter, and what 10,000 routes cost.

Each list is compiled by flarec and cc -O2. Before the timing every contender is checked: the route and every capture of
each request; flare also on methods that a path lacks (405 with Allow), unknown paths and escapes.
"""
import os
import random

from harness.build import build
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json
from harness.server import realtime_prefix

from . import contender as contenders
from . import routes as lists

FIXED_BARS = {"matchit": 0.4, "httprouter": 0.25}
RANDOM_BARS = {"matchit": 0.5}
SYNTHETIC_ROUTES = 10_000
SYNTHETIC_PARTS = 8
SYNTHETIC_BARS = {"flarec_seconds": 2, "compile_seconds": 60, "code_bytes": 256, "lookup": 2.0}


def add_arguments(parser):
    parser.add_argument("--routes", metavar="DIR", help="a folder of lists NAME.txt (METHOD PATH a line); NAME.commented.txt "
                        "is compiled beside it, NAME_random_requests.txt timed on it. Without it: lists made here")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="interleaved rounds (default 15)")
    parser.add_argument("--sets", metavar="LIST", help="only these lists, and no synthetic set unless `synthetic` is named")
    parser.add_argument("--without-flare", action="store_true", help="only the peers, to see that they work")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def build_peers():
    peers = {}
    for name, build_peer in contenders.PEERS.items():
        try:
            peers[name] = build_peer()
        except Failure as failure:
            skipped(name, str(failure).splitlines()[0])
    return peers


def race(runners, rounds):
    """{name: [ns per lookup of each round]}; each round gives every contender one turn, in a rotating order."""
    times = {runner.name: [] for runner in runners}
    for number in range(rounds):
        turn = number % len(runners)
        for runner in runners[turn:] + runners[:turn]:
            times[runner.name].append(runner.turn())
    return times


def time_requests(route_set, label, requests, compiled, peers, arguments):
    """One list of requests, all contenders in the same rounds."""
    folder = os.path.join(contenders.FOLDER, route_set.name)
    os.makedirs(folder, exist_ok=True)
    timed = contenders.write_lines(os.path.join(folder, f"{label}.requests"), lists.expected(route_set, requests))
    routes = os.path.join(folder, "routes")
    lists.write_list(routes, route_set.routes)
    runners = []
    try:
        if compiled:
            checked = contenders.write_lines(os.path.join(folder, "checks"), lists.checks(route_set))
            runners.append(contenders.Contender("flare", [compiled.executable, checked, timed], len(requests),
                                                realtime_prefix()))
            say(f"{label}: {runners[0].checked} requests checked")
        for name, executable in peers.items():
            runners.append(contenders.Contender(name, [executable, routes, timed], len(requests), realtime_prefix()))
        return race(runners, arguments.rounds)
    finally:
        for runner in runners:
            runner.close()


def report(results):
    rows = []
    for label, times in results.items():
        ours = times.get("flare")
        for name, rounds in times.items():
            rows.append([label, name, f"{median(rounds):.1f}", f"{min(rounds):.1f}",
                         ratio_spread(ours, rounds) if ours and name != "flare" else ""])
    say("\nnanoseconds per lookup; ratios are medians of same rounds (least..most)")
    table(["list", "router", "median", "least", "flare over it"], rows)
    say("")


def judge(results, sets, verdict):
    for route_set in sets:
        if not route_set.random_requests:
            continue
        for label, bars in ((route_set.name, FIXED_BARS), (f"{route_set.name} random", RANDOM_BARS)):
            for peer, bar in bars.items():
                if peer in results[label]:
                    verdict.at_most(f"{label}, time over {peer}'s",
                                    median_ratio(results[label]["flare"], results[label][peer]), bar)


def synthetic_routes():
    """10,000 routes of a large service, each with one path parameter: areas, things in them, actions on a thing."""
    return [("GET", f"/area{area:02d}/thing{thing:02d}/:id" + (f"/action{action}" if action else ""))
            for area in range(50) for thing in range(50) for action in range(4)]


def synthetic_requests(routes, with_query):
    source = random.Random(2)
    requests = lists.random_requests(routes, 20000, 3)
    matcher = lists.Matcher(routes)
    lines = []
    for method, path in requests:
        route, captures = matcher.find(method, path)
        page = source.randint(1, 1000) if with_query else 1
        lines.append("\t".join([method, f"{path}?page={page}" if with_query else path, str(route), *captures, f"#{page}"]))
    return lines


def synthetic(reference, arguments, verdict):
    """The cost of 10,000 routes, and its lookups in the same rounds as the reference set's random requests."""
    routes = synthetic_routes()
    assert len(routes) == SYNTHETIC_ROUTES
    compiled = contenders.Compiled("synthetic", routes, SYNTHETIC_PARTS, query=True)
    refused = [f"GET\t{path.replace(':id', 'x')}?page={page}\t-\t400" for _, path in routes[::100] for page in (0, 1001, "x")]
    checks = contenders.write_lines(os.path.join(compiled.folder, "checks"),
                                    refused + [f"POST\t{path.replace(':id', 'x')}\t-\t405\tGET\tHEAD\tOPTIONS"
                                               for _, path in routes])
    runners = []
    try:
        for label, with_query in (("synthetic", False), ("synthetic with a query", True)):
            timed = contenders.write_lines(os.path.join(compiled.folder, f"{label}.requests"),
                                           synthetic_requests(routes, with_query))
            runners.append(contenders.Contender(label, [compiled.executable, checks, timed], 20000, realtime_prefix()))
        route_set, executable = reference
        folder = os.path.dirname(executable)
        runners.append(contenders.Contender(f"{route_set.name} random", [
            executable, os.path.join(folder, "checks"), os.path.join(folder, f"{route_set.name} random.requests")],
            len(route_set.random_requests), realtime_prefix()))
        times = race(runners, arguments.rounds)
    finally:
        for runner in runners:
            runner.close()
    small = times[f"{route_set.name} random"]
    say(f"\n{SYNTHETIC_ROUTES:,} routes, each with a path parameter and a ranged query; constants: "
        f"{compiled.data_bytes / SYNTHETIC_ROUTES:.0f} bytes a route")
    table(["20,000 random requests", "median ns", f"over {route_set.name} random"],
          [[name, f"{median(rounds):.1f}", ratio_spread(rounds, small)] for name, rounds in times.items()])
    say("")
    verdict.at_most("flarec, seconds", compiled.flarec_seconds, SYNTHETIC_BARS["flarec_seconds"], "{:.2f}")
    verdict.at_most(f"{SYNTHETIC_PARTS} files at -O2 with two jobs, seconds", compiled.compile_seconds,
                    SYNTHETIC_BARS["compile_seconds"], "{:.1f}")
    verdict.at_most("bytes of code a route", compiled.code_bytes / SYNTHETIC_ROUTES, SYNTHETIC_BARS["code_bytes"], "{:.0f}")
    verdict.at_most(f"time of a lookup over that of {len(route_set.compiled)} routes",
                    median_ratio(times["synthetic"], small), SYNTHETIC_BARS["lookup"], "{:.2f}")
    return times


def main(arguments):
    folder = arguments.routes or lists.own_lists(os.path.join(contenders.FOLDER, "lists"))
    wanted = arguments.sets.split(",") if arguments.sets else None
    sets = [route_set for route_set in lists.route_sets(folder) if wanted is None or route_set.name in wanted]
    if not arguments.without_flare:
        build("flarec", "flare_runtime")
    peers = build_peers()
    say(f"{machine()}; one thread on core 0")
    results = {}
    reference = None
    for route_set in sets:
        compiled = None
        if not arguments.without_flare:
            compiled = contenders.Compiled(route_set.name, route_set.compiled)
        results[route_set.name] = time_requests(route_set, route_set.name, route_set.routes, compiled, peers, arguments)
        if route_set.random_requests:
            label = f"{route_set.name} random"
            results[label] = time_requests(route_set, label, route_set.random_requests, compiled, peers, arguments)
            reference = (route_set, compiled.executable) if compiled else None
    report(results)
    verdict = Verdict()
    if not arguments.without_flare:
        judge(results, sets, verdict)
        if reference and (wanted is None or "synthetic" in wanted):
            results["synthetic"] = synthetic(reference, arguments, verdict)
    write_json(arguments.json, results)
    return verdict.exit_status()
