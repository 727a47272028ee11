"""bench/run instructions: user-space instructions per request, counted by callgrind over one closed-loop connection.

The figure hardly moves between runs and machines, so it is recorded (bench/instructions.txt) and guarded: more than 3 %
above the record fails until the same commit records the new figure (--record) with a reason.
"""
import os
import re
import shutil
import subprocess

from harness import server as servers
from harness.build import BENCH, build, program, run
from harness.console import Failure, Verdict, say, skipped, table

RECORD = os.path.join(BENCH, "instructions.txt")
BARS = {1: 1500, 16: 900}
GROWTH = 1.03
STACKED = 2000  # what request_id, a JSON log to a file, metrics and compress may add to a request, together
ROUNDS = {1: 4000, 16: 500}


def add_arguments(parser):
    parser.add_argument("--record", action="store_true", help="write hello's figures to bench/instructions.txt")
    parser.add_argument("--only-flare", action="store_true", help="leave the null server and nginx out")
    parser.add_argument("--profile", metavar="FILE", help="keep callgrind's profile of hello at depth 16 in FILE")


def total_instructions(server, extra, depth, times):
    """Instructions of one whole life of the server: start, one closed loop, end."""
    out = os.path.join(server.folder, "callgrind.out")
    if os.path.exists(out):
        os.remove(out)
    server.start(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], extra, patience_s=60)
    try:
        run([program("closed_loop"), str(server.port), str(depth), str(times), server.path], timeout=120)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{server.name} under valgrind did not answer in time") from late
    finally:
        server.stop()
    try:
        with open(out, encoding="utf-8") as file:
            totals = re.search(r"^totals: (\d+)", file.read(), re.MULTILINE)
    except OSError:
        totals = None
    if totals is None:
        raise Failure(f"callgrind left no profile of {server.name}: {server.output()}")
    return int(totals.group(1))


def per_request(server, extra=()):
    """{depth: instructions per request}; a run of the first request alone is subtracted as the cost of starting."""
    start = total_instructions(server, extra, 1, 0)
    return {depth: (total_instructions(server, extra, depth, times) - start) / (depth * times)
            for depth, times in ROUNDS.items()}


def recorded():
    figures = {}
    try:
        with open(RECORD, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    name, depth, instructions = line.split()
                    figures[name, int(depth)] = int(instructions)
    except OSError:
        pass
    return figures


def record(figures):
    with open(RECORD, "w", encoding="utf-8") as file:
        file.write("# User-space instructions per request of hello's routes: route, requests per write, instructions.\n"
                   "# Written by `bench/run instructions --record`; a change of more than 3 % upwards needs its reason\n"
                   "# in the commit that changes this file.\n")
        for (name, depth), instructions in sorted(figures.items()):
            file.write(f"{name} {depth} {instructions:.0f}\n")


def measure_flare(profile):
    figures = {}
    tested = [servers.flare(), servers.flare("/fixed", "flare fixed()")]
    with servers.removing(tested):
        for server in tested:
            for depth, instructions in per_request(server).items():
                figures[server.path, depth] = instructions
            if profile and server.path == "/plaintext":
                shutil.copy(os.path.join(server.folder, "callgrind.out"), profile)
        stacked = servers.stacked()
        with servers.removing([stacked]):
            more = per_request(stacked)
        tested[0].start()
        reply_bytes = servers.keep_alive_reply_bytes(tested[0])
    return figures, more, reply_bytes


def measure_others(reply_bytes):
    rows = []
    null = servers.null(reply_bytes)
    with servers.removing([null]):
        rows.append(("null server", per_request(null)))
    try:
        nginx = servers.nginx()
        with servers.removing([nginx]):
            rows.append(("nginx", per_request(nginx, ["-g", "master_process off;"])))
    except Failure as failure:
        skipped("nginx", str(failure).splitlines()[0])
    return rows


def main(arguments):
    if shutil.which("valgrind") is None:
        skipped("instructions", "valgrind is not installed")
        return 0
    build("hello", "stacked", "null_server", "closed_loop")
    figures, stacked, reply_bytes = measure_flare(arguments.profile)
    rows = [(f"hello {path}", {depth: figures[path, depth] for depth in ROUNDS}) for path in ("/plaintext", "/fixed")]
    rows.append(("hello /plaintext stacked", stacked))
    rows += [] if arguments.only_flare else measure_others(reply_bytes)
    say("user-space instructions per request")
    table(["server", *[f"depth {depth}" for depth in ROUNDS]],
          [[name, *[f"{counts[depth]:,.0f}" for depth in ROUNDS]] for name, counts in rows])
    if arguments.record:
        record(figures)
    verdict = Verdict()
    for depth, bar in BARS.items():
        verdict.at_most(f"hello /plaintext at depth {depth}", figures["/plaintext", depth], bar, "{:,.0f}")
        added = stacked[depth] - figures["/plaintext", depth]
        verdict.at_most(f"request_id, log, metrics and compress at depth {depth}", added, STACKED, "{:,.0f}")
    before = recorded()
    for (path, depth), instructions in sorted(figures.items()):
        if (path, depth) not in before:
            verdict.holds(f"hello {path} at depth {depth} has a recorded figure", False)
        else:
            verdict.at_most(f"hello {path} at depth {depth}, over the record", instructions / before[path, depth], GROWTH)
    return verdict.exit_status()
