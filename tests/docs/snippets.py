#!/usr/bin/env python3
"""Does what a reader of README.md and docs/ would do: the fenced blocks with a file's name (```c handlers.c) become files
of one folder a page, and each ```console block is typed into a shell there, its output compared. A command with no
output below it only has to succeed. Ports are replaced by free ones. Also follows the pages' links, and checks that
the ./dev commands they name exist."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


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
        if file:
            (folder / file).write_text(own_ports(code))
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
        command = command.rstrip()[:-1] + " >/dev/null 2>&1 &"
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


def check_links(page, text, count):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            count.check((page.parent / target).exists(), f"{page.name}: a link to {target}", "it is not there")


def check_commands(page, text, known, count):
    for command in sorted(set(re.findall(r"\./dev ([a-z]+)", text))):
        count.check(command in known, f"{page.name}: ./dev {command}", "there is no such command")


def main():
    count = Count()
    known = re.search(r"^commands=\((.*)\)$", (ROOT / "dev").read_text(), re.M)[1].split()
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")),
             *sorted((ROOT / "examples").glob("*/*/README.md")), ROOT / "fuzz/README.md"]
    with tempfile.TemporaryDirectory() as prefix:
        install(prefix)
        for page in pages:
            text = page.read_text()
            check_links(page, text, count)
            check_commands(page, text, known, count)
            if page.parent in (ROOT, ROOT / "docs"):
                run_page(page.name, text, Path(prefix), count)
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
