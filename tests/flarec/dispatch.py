"""dispatch.py FLAREC ROOT LIBRARY CC FLAG...: what emitted dispatches answer is what a naive matcher answers.

Random specs over few words, so that routes overlap, are compiled into one program that runs random requests in process.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

SEED, SPECS, PATHS = 20, 24, 300
SHORT = ["a", "b", "ab", "abc", "", "b.c"]
# Alike in places, so that it takes two bytes to tell them apart, or several looks.
LONG = ["tags", "teams", "team", "stats", "stars", "statuses", "items", "issues", "labels", "languages", "b", ""]
WORDS = SHORT + LONG
OTHER_WORDS = ["x", "abcd", "%61", "%62c", "%2f", "a%2Fb", "B", "tegs", "tagz", "stat", "statuse", "%69tems", "t", "a" * 70]
METHODS = ["GET", "POST", "PUT"]
REQUEST_METHODS = METHODS + ["HEAD", "OPTIONS", "DELETE"]


class Matcher:
    """Segment by segment: constant before parameter before `*`, falling back where no route below takes the method."""

    def __init__(self, routes):
        self.routes = [(method, path.split("/")[1:]) for method, path in routes]

    def answer(self, method, path):
        """What dispatch.c prints."""
        segments = [normal(segment) for segment in path.split("/")[1:]]
        fitting = [(ranks, number) for number, (_, route) in enumerate(self.routes)
                   for ranks in [fit(route, segments)] if ranks is not None]
        # The order of the ranks is that of the search, which goes on where the method is not taken.
        for _, number in sorted(fitting):
            if takes(self.routes[number][0], method):
                return "\t".join([f"route {number}", *captures(self.routes[number][1], segments)])
        if not fitting:
            return "404"
        allowed = {self.routes[number][0] for _, number in fitting} | {"OPTIONS"}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        return ("204" if method == "OPTIONS" else "405") + "\t" + ", ".join(sorted(allowed))


def takes(route_method, method):
    return route_method in ("ANY", method) or (route_method, method) == ("GET", "HEAD")


def fit(route, segments):
    """The rank of each segment of the route, constants first; None if the route doesn't fit."""
    ranks = []
    for index, part in enumerate(route):
        if part == "*":
            return ranks + [2] if index < len(segments) else None
        if index == len(segments) or (segments[index] == "" if part[:1] == ":" else segments[index] != part):
            return None
        ranks.append(1 if part[:1] == ":" else 0)
    return ranks if len(route) == len(segments) else None


def captures(route, segments):
    found = [segment for part, segment in zip(route, segments) if part[:1] == ":"]
    if route[-1] == "*":
        found.append("/".join(segments[len(route) - 1:]))
    return [re.sub("%2F", "/", capture) for capture in found]


def normal(segment):
    """Escaped letters as themselves, other escapes in upper case."""
    return re.sub("%(..)", lambda escape: letter if (letter := chr(int(escape[1], 16))).isalnum() else escape[0].upper(),
                  segment)


def random_routes(source):
    """Few or many, dense or sparse."""
    words = source.choice([SHORT, LONG])
    routes, words = [], source.sample(words, source.randint(2, len(words)))
    wild, named, any_method = source.choice([0.1, 0.3]), source.choice([0.2, 0.4]), source.choice([0.05, 0.3])
    for _ in range(source.choice([6, 15, 30])):
        parts = [":" if source.random() < named else source.choice(words) for _ in range(source.randint(1, 5))]
        if source.random() < wild:
            parts[-1] = "*"
        if parts[0] == "" and len(parts) > 1:  # would start a comment
            parts[0] = "a"
        parts = [f":p{index}" if part == ":" else part for index, part in enumerate(parts)]
        routes.append(("ANY" if source.random() < any_method else source.choice(METHODS), "/" + "/".join(parts)))
    return routes


def random_path(source, routes):
    """Mostly near a route: filled in, a segment changed, more, or fewer."""
    parts = source.choice(routes)[1].split("/")[1:]
    if parts[-1] == "*":
        parts[-1:] = [source.choice(WORDS) for _ in range(source.randint(0, 3))] or [""]
    parts = [source.choice(WORDS + OTHER_WORDS) if part[:1] == ":" else part for part in parts]
    chance = source.random()
    if chance < 0.5:
        parts[source.randrange(len(parts))] = source.choice(WORDS + OTHER_WORDS)
    elif chance < 0.6:
        parts.append(source.choice(WORDS))
    elif chance < 0.7 and len(parts) > 1:
        parts.pop()
    return "/" + "/".join(parts)


def spec_text(name, routes):
    lines = [f"service {name};"]
    for number, (method, path) in enumerate(routes):
        inputs = "".join(f" path {parameter}: string;" for parameter in re.findall(":(p[0-9])", path))
        lines.append(f"{method} {path} -> r{number}" + (f" {{{inputs} }}" if inputs else ";"))
    return "\n".join(lines) + "\n"


def handlers_text(name, routes):
    lines = []
    for number, (_, path) in enumerate(routes):
        members = re.findall(":(p[0-9])", path) + (["rest"] if path.endswith("*") else [])
        takes_in = f", const {name}_r{number}_in *in" if members else ""
        sees = "".join(f", in->{member}" for member in members)[2:] or "{0}"
        lines += [f"flare_reply {name}_r{number}(flare_request *rq{takes_in})", "{", "    (void)rq;",
                  f"    seen = (struct seen){{{number}, {len(members)}, {{{sees}}}}};",
                  "    return (flare_reply){0};", "}"]
    return "\n".join(lines) + "\n"


def build_spec(flarec, folder, name, routes, more):
    """Drops routes until flarec takes the rest; returns that."""
    file = os.path.join(folder, name + ".flare")
    while True:
        with open(file, "w", encoding="utf-8") as out:
            out.write(spec_text(name, routes))
        done = subprocess.run([flarec, "build", file, "--output-dir", folder, *more], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            return routes
        errors = re.findall(r"^\S*:(\d+):\d+: error\[(F\d+)\]", done.stderr, re.M)
        if not errors or any(code not in ("F0450", "F0451", "F0452") for _, code in errors):
            sys.exit(done.stderr)
        refused = {int(line) - 2 for line, _ in errors}
        routes = [route for number, route in enumerate(routes) if number not in refused]


def build_program(folder, specs, root, library, compiler):
    """One call of the compiler for all specs."""
    glue = os.path.join(folder, "handlers.c")
    with open(glue, "w", encoding="utf-8") as out:
        out.write("".join(f'#include "{name}.flare.h"\n' for name in specs) + '#include "dispatch.h"\n')
        out.write("".join(handlers_text(name, routes) for name, routes in specs.items()))
        out.write("const flare_service *const services[] = {" + ", ".join(f"&{name}_service" for name in specs) + "};\n"
                  "const size_t services_count = sizeof services / sizeof services[0];\n")
    program = os.path.join(folder, "dispatch")
    subprocess.run([*compiler, "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", f"-I{folder}", f"-I{root}/runtime",
                    f"-I{root}/tests/flarec", "-o", program, glue, f"{root}/tests/flarec/dispatch.c",
                    *[os.path.join(folder, name + ".flare.c") for name in specs], library, "-lz", "-pthread"], check=True)
    return program


def main(flarec, root, library, *compiler):
    source = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        specs = {name: build_spec(flarec, folder, name, random_routes(source), [])
                 for name in (f"s{number}" for number in range(SPECS))}
        # The same routes once more, most of them by hash.
        specs |= {name.replace("s", "i"): build_spec(flarec, folder, name.replace("s", "i"), routes, ["--index-from", "1"])
                  for name, routes in specs.items()}
        program = build_program(folder, specs, root, library, compiler)
        lines, expected = [], []
        for number, routes in enumerate(specs.values()):
            matcher = Matcher(routes)
            for _ in range(PATHS):
                method, path = source.choice(REQUEST_METHODS), random_path(source, routes)
                lines.append(f"{number}\t{method}\t{path}")
                expected.append(matcher.answer(method, path))
        done = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=False)
    got = [sort_allow(line) for line in done.stdout.split("\n")[:-1]]
    wrong = [(line, want, have) for line, want, have in zip(lines, expected, got) if want != have]
    for line, want, have in wrong[:5]:
        name = list(specs)[int(line.split()[0])]
        print(f"{line!r}: {have!r}, not {want!r}, of\n{spec_text(name, specs[name])}")
    kinds = {kind: sum(line.startswith(kind) for line in expected) for kind in ("route", "204", "404", "405")}
    print(f"{sum(map(len, specs.values()))} routes of {len(specs)} specs, {len(got)} of {len(lines)} requests answered, "
          f"{len(wrong)} wrong; due: {kinds}")
    few = [kind for kind, count in kinds.items() if count < len(lines) / 50]
    return 1 if wrong or few or len(got) != len(lines) or done.returncode != 0 else 0


def sort_allow(line):
    """The order of Allow's methods says nothing."""
    status, tab, allow = line.partition("\t")
    return status + tab + ", ".join(sorted(allow.split(", "))) if status in ("204", "405") else line


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
