#!/usr/bin/env python3
"""Holds README.md and docs/ to what they say. By the first words of a fenced block:

    flare [FILE]          passes `flarec check`, without a warning where it is a whole spec. One that declares no service
                          or library is a fragment: `service my;` is put in front. A FILE with a slash is one of the
                          checkout, and the block must be what it holds, byte for byte; the folders beside it are there
    flare-error CODE      is refused, with this code and no other
    html FILE             is a template for the specs behind it
    c [FILE]              compiles, warnings being errors, against the header of the page's FILE that it includes, else
                          of the page's last flare block before it
    c excerpt X.flare.h   stands, paragraph by paragraph, in that emitted header of the page's X.flare; X.client.h of its
                          client, which is made where a page names that
    console               is typed into a shell, and its output compared; one with no output below it only has to succeed

Blocks with a file's name become files of one folder a page, where the console is. Ports are replaced by free ones. Also
follows the pages' links and anchors, and checks that the ./dev commands and the functions they name exist."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHOLE = re.compile(r"^(service|library)\b", re.M)
FENCE = re.compile(r"^```([\w-]+)(?: ([^\n]+))?\n(.*?)^```$", re.M | re.S)
STRICT = ["-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wcast-qual",
          "-Wswitch-enum", "-Werror"]


class Count:
    passed = failed = 0

    def check(self, good, what, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}\n{detail}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def install(folder):
    subprocess.run(["./dev", "build", "release", "flare_runtime", "flarec"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["cmake", "--install", ROOT / "build/release", "--prefix", folder], check=True, capture_output=True)


def steps(console):
    """(command, expected output) of each `$ ` line."""
    for part in re.split(r"^\$ ", console, flags=re.M)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


# ---- specs and C ------------------------------------------------------------------------------------------


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class Specs:
    """The flare blocks of a page, each in a folder of its own with what flarec made of it."""

    def __init__(self, page, folder, flarec):
        self.page, self.folder, self.flarec = page, folder, flarec
        self.made = []
        self.templates = {}
        self.clients = set()
        self.text = ""

    def place(self, name, text):
        spec = Path(tempfile.mkdtemp(dir=self.folder)) / name
        # What it may import: the page's named files so far.
        for made in self.made:
            if made.name != "fragment.flare":
                shutil.copy(made, spec.parent)
        for name, template in self.templates.items():
            (spec.parent / name).parent.mkdir(exist_ok=True)
            (spec.parent / name).write_text(template)
        spec.write_text(text if WHOLE.search(text) else f"service my; {text}")
        return spec

    def good(self, name, text, count, beside=None):
        spec = self.place(name or "fragment.flare", text)
        for folder in [each for each in beside.iterdir() if each.is_dir()] if beside else []:
            (spec.parent / folder.name).symlink_to(folder)
        status, output = run(self.flarec, "build", spec, "--output-dir", spec.parent)
        whole = WHOLE.search(text)
        if status == 0 and spec.stem in self.clients:
            status, output = run(self.flarec, "client", spec, "--output-dir", spec.parent)
        count.check(status == 0 and not (whole and output), f"{self.page}: this spec is not clean", output)
        self.made.append(spec)

    def bad(self, code, text, count):
        status, output = run(self.flarec, "check", self.place("error.flare", text))
        codes = set(re.findall(r"(?:error|warning)\[(F\d+)\]", output)) - {"F0702"}
        count.check(codes == {code}, f"{self.page}: a spec that should be {code}", output)

    def of(self, header):
        """The last spec so far, or the last that gives this header."""
        named = [spec for spec in self.made if header in (None, f"{spec.name}.h")]
        return named[-1] if named else None


def compile_c(page, text, spec, folders, count):
    header = f'#include "{spec.name}.h"\n' if f"{spec.name}.h" not in text else ""
    source = Path(tempfile.mkdtemp(dir=spec.parent)) / "block.c"
    source.write_text(header + text)
    status, output = run("cc", *STRICT, *(f"-I{folder}" for folder in folders), source)
    count.check(status == 0, f"{page}: this C does not compile against {spec.name}", text + output)


def check_excerpt(page, header, text, spec, count):
    emitted = re.sub(r"\s+", " ", (spec.parent / header).read_text())
    for paragraph in re.split(r"\n\n+", text.strip()):
        count.check(re.sub(r"\s+", " ", paragraph) in emitted, f"{page}: not in {header}", paragraph)


def check_blocks(name, text, prefix, count):
    """Queues the page's C; the specs before it are made at once."""
    jobs = []
    with tempfile.TemporaryDirectory() as folder:
        specs = Specs(name, folder, prefix / "bin/flarec")
        specs.clients = set(re.findall(r'(\w+)\.client\.h\b', text))
        for language, what, code in FENCE.findall(text):
            if language == "flare":
                if "/" in what:
                    count.check((ROOT / what).read_text() == code, f"{name}: this is not {what}", "copy the file here")
                specs.good(Path(what).name, code, count, (ROOT / what).parent if "/" in what else None)
            elif language == "html" and what:
                specs.templates[what] = code
            elif language == "flare-error":
                specs.bad(what, code, count)
            elif language == "c":
                wanted = re.search(r'#include "([^"]+)\.(?:flare|client)\.h"', code)
                excerpt = re.match(r"excerpt ((\S+)\.(?:flare|client)\.h)", what)
                spec = specs.of(f"{excerpt[2]}.flare.h" if excerpt else f"{wanted[1]}.flare.h" if wanted else None)
                if spec is None:
                    count.check(False, f"{name}: there is no spec for this C", code)
                elif excerpt:
                    check_excerpt(name, excerpt[1], code, spec, count)
                else:
                    folders = [prefix / "include", *(one.parent for one in reversed(specs.made))]
                    jobs.append((name, code, spec, folders, count))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: compile_c(*job), jobs))


# ---- the console -------------------------------------------------------------------------------------------


def run_page(name, text, prefix, count):
    blocks = FENCE.findall(text)
    if not any(language == "console" for language, _, _ in blocks):
        return
    ports = {}

    def own_ports(code):
        return re.sub(r"127\.0\.0\.1:(\d+)",
                      lambda match: f"127.0.0.1:{ports.setdefault(match[1], free_port())}", code)

    environment = dict(os.environ, CMAKE_PREFIX_PATH=str(prefix), PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"),
                       PATH=f"{prefix / 'bin'}:{os.environ['PATH']}")
    folder = Path(tempfile.mkdtemp())
    for _, file, code in blocks:
        if file and "." in file and " " not in file:
            (folder / Path(file).name).write_text(own_ports(code))
    # One shell for the page, so that it has its background jobs; a mark ends each command's output.
    shell = subprocess.Popen(["bash", "-s"], cwd=folder, env=environment, text=True, start_new_session=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for language, _, code in blocks:
            if language != "console":
                continue
            for command, expected in steps(code):
                output, status = typed(shell, own_ports(command))
                good = status == 0 and (not expected or output.strip() == own_ports(expected).strip())
                count.check(good, f"{name}: $ {command}", f"expected:\n{expected}got ({status}):\n{output}")
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait()
        shutil.rmtree(folder)


def typed(shell, command):
    command = re.sub(r"\bcurl ", "curl -sS --retry 20 --retry-delay 0 --retry-connrefused --retry-max-time 10 ", command)
    if command.rstrip().endswith("&"):
        command = ">/dev/null 2>&1 " + command  # first, so that one of its own wins
    else:
        command = f"{{ {command}\n}} </dev/null"
    shell.stdin.write(f"{command}\nprintf '\\n=mark= %d\\n' $?\n")
    shell.stdin.flush()
    lines = []
    for line in shell.stdout:
        if line.startswith("=mark= "):
            return "".join(lines), int(line.split()[1])
        lines.append(line)
    return "".join(lines), -1


def prose(text):
    """Without what is quoted as code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(FENCE, "", text))


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", re.sub(FENCE, "", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page, text, count):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", prose(text)):
        if "://" in target:
            continue
        there = page.parent / target if target else page
        count.check(there.exists(), f"{page.name}: a link to {target}", "it is not there")
        if anchor and there.suffix == ".md" and there.exists():
            count.check(anchor in anchors(there), f"{page.name}: a link to {target}#{anchor}", "there is no such heading")


def check_commands(page, text, known, count):
    for command in sorted(set(re.findall(r"\./dev ([a-z]+)", text))):
        count.check(command in known, f"{page.name}: ./dev {command}", "there is no such command")


def check_functions(page, text, sources, count):
    for name in sorted(set(re.findall(r"`(flare[ic]?_\w+)\(", text))):
        count.check(re.search(rf"\b{name}\b", sources), f"{page.name}: {name}()", "there is no such function")


def main():
    count = Count()
    sources = "".join(file.read_text() for folder in ("runtime", "flarec", "cmake") for ending in ("c", "h", "cmake")
                      for file in (ROOT / folder).rglob(f"*.{ending}"))
    known = re.search(r"^commands=\((.*)\)$", (ROOT / "dev").read_text(), re.M)[1].split()
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")),
             *sorted((ROOT / "examples").glob("*/*/README.md")), ROOT / "fuzz/README.md"]
    with tempfile.TemporaryDirectory() as prefix:
        install(prefix)
        for page in pages:
            text = page.read_text()
            check_links(page, text, count)
            check_commands(page, text, known, count)
            check_functions(page, text, sources, count)
            if page.parent in (ROOT, ROOT / "docs"):
                check_blocks(page.name, text, Path(prefix), count)
                run_page(page.name, text, Path(prefix), count)
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
