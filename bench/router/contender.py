"""Contenders: programs that check a list of requests, then time it as often as they are told."""
import os
import subprocess
import time

from harness.build import BENCH, BUILD, ROOT, need, run
from harness.console import Failure
from harness.server import pinned

FOLDER = os.path.join(BUILD, "router")
TURN_SECONDS = 0.15


class Contender:
    """A running program of the line protocol: a number of times in, nanoseconds out."""

    def __init__(self, name, argv, requests, realtime):
        self.name = name
        self.requests = requests
        self.process = subprocess.Popen([*pinned(0, realtime), *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, "GOMAXPROCS": "1"})
        answer = self.process.stdout.readline().split()
        if answer[:1] != ["checked"]:
            raise Failure(f"{name} fails its checks: {self.process.communicate()[1][-1000:]}")
        self.checked = int(answer[1])
        self.times = 1
        while self.turn() * self.requests * self.times < TURN_SECONDS * 1e9 / 2:
            self.times *= 2

    def turn(self):
        """Nanoseconds per lookup of one turn."""
        self.process.stdin.write(f"{self.times}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()) / (self.requests * self.times)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait(20)


def build_matchit():
    need("cargo", "cargo")
    target = os.path.join(FOLDER, "matchit")
    run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=f"{BENCH}/router/peers/matchit",
        env={**os.environ, "CARGO_TARGET_DIR": target})
    return os.path.join(target, "release", "matchit-contender")


def build_httprouter():
    need("go", "golang-go")
    executable = os.path.join(FOLDER, "httprouter-contender")
    run(["go", "build", "-o", executable, "."], cwd=f"{BENCH}/router/peers/httprouter")
    return executable


PEERS = {"matchit": build_matchit, "httprouter": build_httprouter}


def compiler():
    return os.environ.get("CC", "cc")


COMPILE = ["-std=c11", "-O2", "-D_GNU_SOURCE", "-DFLARE_ASSERT_MODE=0", "-ffunction-sections", f"-I{ROOT}/runtime/include",
           f"-I{ROOT}/runtime", f"-I{BENCH}/router", f"-I{BUILD}/runtime/include"]


def compile_all(sources, folder, jobs=2):
    """Compiles C files `jobs` at a time; the objects and the seconds it took."""
    start = time.monotonic()
    waiting = list(sources)
    running = []
    objects = []
    while waiting or running:
        while waiting and len(running) < jobs:
            source = waiting.pop(0)
            target = os.path.join(folder, os.path.basename(source) + ".o")
            objects.append(target)
            running.append((source, subprocess.Popen([compiler(), *COMPILE, f"-I{folder}", "-c", source, "-o", target],
                                                     stderr=subprocess.PIPE, text=True)))
        for entry in [entry for entry in running if entry[1].poll() is not None]:
            running.remove(entry)
            errors = entry[1].communicate()[1]
            if entry[1].returncode != 0:
                raise Failure(f"{entry[0]} does not compile:\n{errors[:4000]}")
        time.sleep(0.005)
    return objects, time.monotonic() - start


def spec_of(routes, query):
    """A spec with a handler rN for each route; parameters are p0, p1, ... so that captures can be checked in order."""
    lines = ["service bench;", ""]
    for number, (method, path) in enumerate(routes):
        segments = path.split("/")
        names = []
        for index, segment in enumerate(segments):
            if segment[:1] == ":":
                segments[index] = f":p{len(names)}"
                names.append(f"p{len(names)}")
            elif segment[:1] == "*":
                segments[index] = "*"
        inputs = [f"path {name}: string;" for name in names]
        if query:
            inputs.append("query page: u32(1..1000) = 1;")
        lines.append(f"{method} {'/'.join(segments)} -> r{number}" + (f" {{ {' '.join(inputs)} }}" if inputs else ";"))
    return "\n".join(lines) + "\n"


def handlers_of(routes, query):
    """Handlers that note what they got; the zero reply suits a dispatch that no server looks at."""
    lines = ['#include "bench.flare.h"', '#include "seen.h"', ""]
    for number, (_, path) in enumerate(routes):
        segments = path.split("/")
        members = [f"p{i}" for i in range(sum(segment[:1] == ":" for segment in segments))]
        members += ["rest"] if segments[-1][:1] == "*" else []
        takes = f", const bench_r{number}_in *in" if members or query else ""
        lines += [f"flare_reply bench_r{number}(flare_request *rq{takes})", "{", "    (void)rq;",
                  f"    seen.route = {number};", f"    seen.count = {len(members)};"]
        lines += [f"    seen.captures[{i}] = in->{member};" for i, member in enumerate(members)]
        lines += ["    seen.page = in->page;"] if query else []
        lines += ["    return (flare_reply){0};", "}", ""]
    return "\n".join(lines)


class Compiled:
    """A list of routes as a program: what flarec and the compiler took, and what came out."""

    def __init__(self, name, routes, parts=1, query=False):
        self.folder = os.path.join(FOLDER, name)
        self.executable = os.path.join(self.folder, "flare_contender")
        os.makedirs(self.folder, exist_ok=True)
        spec = os.path.join(self.folder, "bench.flare")
        handlers = os.path.join(self.folder, "handlers.c")
        write(spec, spec_of(routes, query))
        write(handlers, handlers_of(routes, query))
        start = time.monotonic()
        run([os.path.join(BUILD, "bin", "flarec"), "build", spec, "--output-dir", self.folder, "--parts", str(parts)])
        self.flarec_seconds = time.monotonic() - start
        emitted = [os.path.join(self.folder, "bench.flare.c")]
        emitted += [os.path.join(self.folder, f"bench.flare.{part}.c") for part in range(2, parts + 1)]
        objects, self.compile_seconds = compile_all(emitted, self.folder)
        self.code_bytes, self.data_bytes = section_bytes(objects)
        more, _ = compile_all([handlers, os.path.join(BENCH, "router", "flare_contender.c")], self.folder)
        run([compiler(), "-o", self.executable, *objects, *more, os.path.join(BUILD, "runtime", "libflare.a"), "-lz", "-pthread"])


def section_bytes(objects):
    """(bytes of code, bytes of constants) of object files."""
    code = data = 0
    for line in run(["size", "-A", *objects]).splitlines():
        words = line.split()
        if len(words) == 3 and words[0].startswith(".text"):
            code += int(words[1])
        elif len(words) == 3 and words[0].startswith((".rodata", ".data.rel.ro")):
            data += int(words[1])
    return code, data


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def write_lines(path, lines):
    return write(path, "".join(line + "\n" for line in lines))
