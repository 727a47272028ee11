"""bench/run json: reading, checking and writing of an order beside yyjson and serde_json.

The order comes in four shapes. All contenders must read the same values (a digest tells) before they are timed.
yyjson parses into a pool and reads every field; serde_json fills structs that borrow. Two texts of megabytes follow.
"""
import json
import os

from harness.build import BENCH, BUILD, ROOT, build, need, run
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json
from harness.server import realtime_prefix
from router.contender import Contender, compiler

import texts

FOLDER = os.path.join(BUILD, "json")
PEERS = os.path.join(BENCH, "json", "peers")
COMPILE = ["-std=gnu11", "-O2", "-D_GNU_SOURCE", "-DFLARE_ASSERT_MODE=0"]
BARS = {"yyjson": 1.0, "serde_json": 0.29}
SHAPE_BAR = 1.3


def add_arguments(parser):
    parser.add_argument("file", nargs="?", metavar="FILE", help="an order with its members as declared (default: one made here)")
    parser.add_argument("--rounds", type=int, default=25, metavar="N", help="interleaved rounds (default 25)")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures to FILE")


def build_flare():
    build("flare_runtime", "flarec")
    for spec in (f"{ROOT}/tests/flarec/emit/order.flare", f"{BENCH}/json/big.flare"):
        run([f"{BUILD}/bin/flarec", "build", spec, "--output-dir", FOLDER])
    target = os.path.join(FOLDER, "flare_contender")
    run([compiler(), *COMPILE, f"-I{ROOT}/runtime/include", f"-I{BUILD}/runtime/include", f"-I{ROOT}/tests/http", f"-I{FOLDER}", f"-I{BENCH}/json",
         f"{BENCH}/json/flare_contender.c", f"{ROOT}/tests/http/order.c", f"{BUILD}/runtime/libflare.a", "-o", target, "-lz", "-pthread"])
    big = os.path.join(FOLDER, "big_flare")
    run([compiler(), *COMPILE, f"-I{ROOT}/runtime/include", f"-I{BUILD}/runtime/include", f"-I{FOLDER}", f"-I{BENCH}/json",
         f"{BENCH}/json/big_flare.c", f"{BUILD}/runtime/libflare.a", "-o", big, "-lz", "-pthread"])
    return target, big


def build_yyjson():
    need("cargo", "cargo")
    run(["cargo", "fetch", "--locked", "--quiet"], cwd=f"{PEERS}/yyjson")
    found = json.loads(run(["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--quiet"], cwd=f"{PEERS}/yyjson"))
    crate = next(package for package in found["packages"] if package["name"] == "yyjson-sys")
    source = os.path.join(os.path.dirname(crate["manifest_path"]), "yyjson", "src")
    target = os.path.join(FOLDER, "yyjson_contender")
    run([compiler(), "-O3", "-DNDEBUG", "-c", f"{source}/yyjson.c", "-o", f"{target}.o"])
    run([compiler(), *COMPILE, f"-I{source}", f"-I{BENCH}/json", f"{BENCH}/json/yyjson_contender.c", f"{target}.o", "-o", target])
    big = os.path.join(FOLDER, "big_yyjson")
    run([compiler(), *COMPILE, f"-I{source}", f"-I{BENCH}/json", f"{BENCH}/json/big_yyjson.c", f"{target}.o", "-o", big])
    return target, big


def build_serde():
    need("cargo", "cargo")
    target = os.path.join(FOLDER, "serde")
    # The order with its quick reading of doubles. That is off by the last bit now and then, so the texts of megabytes,
    # of which a digest must be the same for all, are read with the exact one.
    for options in (["--bin", "serde-contender"], ["--bin", "big", "--features", "exact"]):
        run(["cargo", "build", "--release", "--locked", "--quiet", *options], cwd=f"{PEERS}/serde",
            env={**os.environ, "CARGO_TARGET_DIR": target})
    return os.path.join(target, "release", "serde-contender"), os.path.join(target, "release", "big")


def race(runners, rounds):
    """{key: [ns of each round]}; each round gives every contender one turn, in a rotating order."""
    times = {key: [] for key in runners}
    keys = list(runners)
    for number in range(rounds):
        turn = number % len(keys)
        for key in keys[turn:] + keys[:turn]:
            times[key].append(runners[key].turn())
    return times


def main(arguments):
    os.makedirs(FOLDER, exist_ok=True)
    contenders = {"flare": build_flare()}
    for name, build_peer in (("yyjson", build_yyjson), ("serde_json", build_serde)):
        try:
            contenders[name] = build_peer()
        except Failure as failure:
            skipped(name, str(failure).splitlines()[0])
    if arguments.file:
        with open(arguments.file, "rb") as file:
            declared = file.read()
    else:
        declared = texts.compact(texts.ORDER)
    say(f"{machine()}; one thread on core 0; an order of {len(declared)} bytes")
    runners = {}
    try:
        for shape, text in texts.order_shapes(declared).items():
            path = os.path.join(FOLDER, shape.replace(" ", "_").replace(",", "") + ".json")
            with open(path, "wb") as file:
                file.write(text)
            for work in ("decode", "encode") if shape == "as declared" else ("decode",):
                if work == "encode":
                    path = os.path.join(FOLDER, "encode.json")
                    with open(path, "wb") as file:
                        file.write(texts.present(text))
                for name, (program, _) in contenders.items():
                    runners[f"{work} {shape}", name] = Contender(f"{name} {work} {shape}", [program, path, work], 1,
                                                                 realtime_prefix())
                if len({runner.checked for (what, _), runner in runners.items() if what == f"{work} {shape}"}) != 1:
                    raise Failure(f"{work} {shape}: the contenders don't read or write the same")
        for work, text in texts.big_texts().items():
            path = os.path.join(FOLDER, f"{work}.json")
            with open(path, "wb") as file:
                file.write(text)
            for name, (_, program) in contenders.items():
                runners[f"decode {work}", name] = Contender(f"{name} {work}", [program, path, work], 1, realtime_prefix())
            if len({runner.checked for (what, _), runner in runners.items() if what == f"decode {work}"}) != 1:
                raise Failure(f"decode {work}: the contenders don't read the same")
            say(f"{work}: {len(text) / 1e6:.1f} MB")
        times = race(runners, arguments.rounds)
    finally:
        for runner in runners.values():
            runner.close()
    failed = [key for key, runner in runners.items() if runner.process.returncode != 0]
    say("\nnanoseconds; ratios are medians of same rounds (least..most)")
    table(["work", "contender", "median", "least", "flare over it"],
          [[what, name, f"{median(rounds):.0f}", f"{min(rounds):.0f}",
            ratio_spread(times[what, "flare"], rounds) if name != "flare" else ""] for (what, name), rounds in times.items()])
    say("")
    verdict = Verdict()
    for name, bar in BARS.items():
        if name in contenders:
            what = "decode as declared"
            verdict.at_most(f"{what}, time over {name}'s", median_ratio(times[what, "flare"], times[what, name]), bar)
    for work in texts.big_texts() if "yyjson" in contenders else ():
        what = f"decode {work}"
        verdict.at_most(f"{what}, time over yyjson's", median_ratio(times[what, "flare"], times[what, "yyjson"]), 1.0)
    if "yyjson" in contenders:
        what = "encode as declared"
        verdict.at_most(f"{what}, time over yyjson's", median_ratio(times[what, "flare"], times[what, "yyjson"]), 1.0)
    for shape in texts.order_shapes(declared):
        if shape != "as declared":
            verdict.at_most(f"decode {shape}, over that as declared", median_ratio(
                times[f"decode {shape}", "flare"], times["decode as declared", "flare"]), SHAPE_BAR)
    verdict.holds("no allocation while timed", not any(name == "flare" for _, name in failed))
    write_json(arguments.json, [[*key, rounds] for key, rounds in times.items()])
    return verdict.exit_status()
