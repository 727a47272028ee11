"""bench/run client: small GETs over kept connections: a client's processor time per request beside libcurl's multi interface, over
HTTP/1.1 before the null server and over HTTP/2 with TLS before nghttpd, in interleaved rounds. (Without TLS libcurl 7.88 can't use a
connection of HTTP/2 again.)"""
import os
import re
import subprocess
import tempfile

from harness import server as servers
from harness.build import ROOT, build, need, program
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json

BAR = 0.50


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="interleaved rounds (default 9)")
    parser.add_argument("--requests", type=int, default=30000, metavar="N", help="of each burst (default 30,000)")
    parser.add_argument("--at-a-time", type=int, default=16, metavar="N", help="connections of HTTP/1.1, streams of HTTP/2 (default 16)")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def nghttpd(certificates):
    executable = need("nghttpd", "nghttp2-server")

    def arguments(port, folder):
        with open(os.path.join(folder, "plaintext"), "w", encoding="ascii") as file:
            file.write("Hello, World!")
        return [executable, "-a", "127.0.0.1", "-d", folder, str(port), os.path.join(certificates, "localhost.key"),
                os.path.join(certificates, "localhost.crt")]

    return servers.Server("nghttpd", "/plaintext", arguments)


def null():
    """It answers with as many bytes as flare's server would, which are a whole reply."""
    return servers.Server("null", "/plaintext", lambda port, folder: [program("null_server"), str(port), "130"])


def load(client, wire, server, options, prefix):
    """One burst: the client's nanoseconds per request."""
    url = server.url if wire == "h1" else f"https://localhost:{server.port}{server.path}"
    authority = os.path.join(options.certificates, "localhost.crt")
    done = subprocess.run([*prefix, program(client), url, wire, str(options.requests), str(options.at_a_time), authority],
                          capture_output=True, text=True, check=False, timeout=300)
    found = re.fullmatch(r"(\d+) good, (\d+) ns each\n", done.stdout)
    if done.returncode != 0 or not found or int(found[1]) != options.requests:
        raise Failure(f"{client} before {server.name} failed:\n{done.stdout}{done.stderr}")
    return int(found[2])


def main(options):
    build("flare_load", "curl_load", "null_server")
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    tested = []
    rounds = {}
    with tempfile.TemporaryDirectory() as certificates, servers.removing(tested):
        subprocess.run([os.path.join(ROOT, "dev"), "cert", "--out", certificates], check=True, stdout=subprocess.DEVNULL)
        options.certificates = certificates
        wires = {"h1": null()}
        tested.append(wires["h1"])
        try:
            wires["h2"] = nghttpd(certificates)
            tested.append(wires["h2"])
        except Failure as failure:
            skipped("a peer", str(failure).splitlines()[0])
        for server in tested:
            server.start(servers.pinned(0, realtime))
        say(f"{machine()}; servers on core 0, clients on core 1, {options.at_a_time} requests at a time")
        prefix = servers.pinned(1, realtime)
        for wire, server in wires.items():
            rounds[wire] = {"flare": [], "libcurl": []}
            load("flare_load", wire, server, options, prefix)
        for number in range(options.rounds):
            for wire, server in wires.items():
                order = [("flare", "flare_load"), ("libcurl", "curl_load")]
                for name, client in order if number % 2 == 0 else reversed(order):
                    rounds[wire][name].append(load(client, wire, server, options, prefix))
            say(f"round {number + 1} of {options.rounds} done")
    say("\nmedians; the ratio is the median of same rounds (least..most)")
    table(["wire", "flare ns/request", "libcurl ns/request", "flare/libcurl"],
          [[wire, f"{median(times['flare']):,.0f}", f"{median(times['libcurl']):,.0f}",
            ratio_spread(times["flare"], times["libcurl"])] for wire, times in rounds.items()])
    write_json(options.json, rounds)
    verdict = Verdict()
    say("")
    for wire, times in rounds.items():
        verdict.at_most(f"processor time per request over libcurl's, {wire}", median_ratio(times["flare"], times["libcurl"]), BAR)
    return verdict.exit_status()
