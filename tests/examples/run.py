#!/usr/bin/env python3
"""Runs every example's own test against its built program, with curl as the client.

An example of a service is a folder below examples/ that holds a .flare file. It must have a README.md, whose curl lines are run and
whose shown output is compared, and a test.txt of exchanges:

    === what this shows
    > GET /hi/Ada
    > X-Trace-Id: t1
    < 200
    < content-type: text/plain; charset=utf-8
    <
    < hello, Ada

Lines of `>` are the request (an empty one, then the body), lines of `<` what must come back: the status, fields that must be
there, and after an empty one the whole body (left out: any body). `\\n` ends a body that ends in a newline, `\\r` is a return; a
value `*` only has to be there, and `!name` must not. `${sid}` in what must come back takes whatever stands there, and is put
into the exchanges below it. A `# server: FLAGS` line starts the server with more flags, a
`# curl: FLAGS` line is for curl; for `# upstream: NAME FLAGS` that example is started first, and its URL is in the
environment as UPSTREAM; each `# neighbour: NAME FLAGS` starts an example too, and all of them run in one empty folder;
with `# beside: postgres` a database runs meanwhile, with the folder's schema.sql, with `# beside: redis` that, and only where
the example is named: its own test does that; `build/cert/` in them, and in the README, is a folder of fresh certificates as `./dev cert`
makes them, and of a key for sessions, `session.keys`.

A folder without a .flare file is a program without a service: the lines of its README that run it are run, and what they
print is compared. It may have a test.txt with an `# upstream:`, which is then at port 8080 of the README, or 8443.

An example that can't be built here has left BIN_DIR/NAME.skipped, which says why.

usage: run.py BIN_DIR EXAMPLES_DIR [NAME...] [--curl FLAGS] [--server FLAGS] [--tls]
"""
import argparse
import base64
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


@contextlib.contextmanager
def beside(folder, text):
    """What the example needs running beside it, by its `# beside:` line. Yields the environment for its program."""
    if "# beside: redis" in text:
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "redis"))
        import server

        if server.program() is None:
            raise Skipped("there is no redis-server here")
        with server.server() as redis:
            yield dict(os.environ, **redis.environment())
        return
    if "# beside: postgres" not in text:
        yield None
        return
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "postgres"))
    import cluster

    if cluster.programs() is None:
        raise Skipped("there is no PostgreSQL server here")
    with cluster.cluster() as database:
        database.psql((folder / "schema.sql").read_text())
        yield dict(os.environ, **database.environment())


class Server:
    """A program of an example on a free loopback port."""

    def __init__(self, program, flags, folder=None, environment=None):
        listen = [] if "--listen" in flags else ["--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen([program, *listen, "--drain", "5", *flags], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, cwd=folder, env=environment)
        self.urls = {}  # the first of each scheme
        for _ in range(max(1, flags.count("--listen"))):
            line = self.process.stdout.readline()
            match = re.search(r"((https?)://[^\s]+:\d+)", line)
            if not match:
                self.process.kill()
                raise Failure(f"{program} printed no address: {line!r}")
            self.urls.setdefault(match.group(2), match.group(1))
        self.url = next(iter(self.urls.values()))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("the server did not stop in 10 s")
        if status != 0:
            raise Failure(f"the server ended with status {status}")


def parse_cases(text):
    """Yields (title, request lines, expected lines)."""
    title, asked, wanted = None, [], []
    for line in text.splitlines():
        if line.startswith("==="):
            if title:
                yield title, asked, wanted
            title, asked, wanted = line[3:].strip(), [], []
        elif line.startswith(">"):
            asked.append(line[2:])
        elif line.startswith("<"):
            wanted.append(line[2:])
        elif line.strip() and not line.startswith("#"):
            raise Failure(f"test.txt: neither request nor reply: {line!r}")
    if title:
        yield title, asked, wanted


def split(lines):
    """Head lines, and the body behind the first empty line (None: no such line)."""
    if "" in lines:
        at = lines.index("")
        return lines[:at], "\n".join(lines[at + 1:]).replace("\\r", "\r").replace("\\n", "\n")
    return lines, None


def exchange(url, curl_flags, asked):
    head, body = split(asked)
    method, target = head[0].split(" ", 1)
    command = ["curl", "-sS", "-i", "--max-time", "10", "--path-as-is", "-g", *curl_flags]
    command += ["-I"] if method == "HEAD" else ["-X", method]
    for field in head[1:]:
        command += ["-H", field]
    with tempfile.NamedTemporaryFile() as file:
        if body is not None:
            file.write(body.encode())
            file.flush()
            command += ["--data-binary", "@" + file.name]
        run = subprocess.run(command + [url + target], capture_output=True)
    if run.returncode != 0:
        raise Failure("curl: " + run.stderr.decode().strip())
    text = run.stdout
    while text.startswith(b"HTTP/") and text.split(b" ", 2)[1].startswith(b"1"):  # 100 and, by --http2, 101
        text = text.split(b"\r\n\r\n", 1)[1]
    head, _, content = text.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    return int(lines[0].split(" ")[1]), fields, content.decode("utf-8", "replace")


def matches(wanted, got, known):
    """Whether a text is the one that is wanted; learns its `${name}`."""
    parts = re.split(r"\$\{(\w+)\}", wanted)
    names = parts[1::2]
    pattern = "".join(re.escape(part) if at % 2 == 0 else r"([^\s;\"]+)" for at, part in enumerate(parts))
    match = re.fullmatch(pattern, got)
    if not match or any(known.get(name, value) != value for name, value in zip(names, match.groups())):
        return False
    known.update(zip(names, match.groups()))
    return True


def fill(lines, known):
    return [re.sub(r"\$\{(\w+)\}", lambda name: known.get(name[1], name[0]), line) for line in lines]


def judge(wanted, status, fields, content, known):
    head, body = split(wanted)
    if status != int(head[0]):
        raise Failure(f"status {status}, not {head[0]}: {content}")
    for line in head[1:]:
        if line.startswith("!"):
            if line[1:].strip().lower() in fields:
                raise Failure(f"there is a field {line[1:]}")
            continue
        name, _, value = line.partition(":")
        got = fields.get(name.lower(), [])
        if not got or (value.strip() != "*" and not any(matches(value.strip(), one, known) for one in got)):
            raise Failure(f"{name}: {got}, not {value.strip()}")
    if body is not None and not matches(body, content, known):
        raise Failure(f"content {content!r}, not {body!r}")


def console_lines(readme, program="curl"):
    """Yields (command, shown output) of a program's lines in the README's console blocks."""
    for block in re.findall(r"```console\n(.*?)```", readme, re.S):
        command, shown = None, []
        for line in block.splitlines() + ["$ "]:
            if line.startswith("$ "):
                if command and command.startswith(program):
                    yield command, "\n".join(shown)
                command, shown = line[2:], []
            else:
                shown.append(line)


def any_wire(text):
    """What `curl -i` shows, without what differs between HTTP/1 and HTTP/2: the version, interim heads, the case of names."""
    text = re.sub(r"\AHTTP/\S+ 1\d\d.*\n(?:.+\n)*\n", "", text)
    if not text.startswith("HTTP/"):
        return text
    head, gap, content = text.partition("\n\n")
    head = re.sub(r"\AHTTP/\S+ (\d+).*", r"\1", head)
    return re.sub(r"(?m)^[\w-]+(?=:)", lambda name: name[0].lower(), head) + gap + content


def run_readme(folder, server, curl_flags):
    lines = list(console_lines((folder / "README.md").read_text()))
    if not lines:
        raise Failure("README.md has no curl line in a console block")
    with tempfile.TemporaryDirectory() as copy:  # what the commands write stays out of the example
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        for command, shown in lines:
            words = shlex.split(command)
            words = [with_certificates(re.sub(r"^(?:(https?)://)?(127\.0\.0\.1|localhost):(8080|8443)",
                                              lambda found: server.urls.get(found[1], server.url), word))
                     for word in words]
            run = subprocess.run(["curl", "-sS", "--max-time", "10", *curl_flags, *words[1:]], capture_output=True,
                                 cwd=copy)
            got = re.sub(r"(?im)^date: .*$", "Date: …", run.stdout.decode("utf-8", "replace").replace("\r", ""))
            shown = re.sub(r"(?im)^date: .*$", "Date: …", shown)
            if any_wire(got).strip("\n") != any_wire(shown).strip("\n"):
                raise Failure(f"README.md: {command}\n--- shown\n{shown}\n--- got\n{got}")
    return len(lines)


CERTIFICATES = pathlib.Path("build/cert")
TLS = "--tls-cert build/cert/localhost.crt --tls-key build/cert/localhost.key"


@contextlib.contextmanager
def certificates():
    """What `build/cert/` stands for, as long as this lasts."""
    global CERTIFICATES
    with tempfile.TemporaryDirectory() as folder:
        CERTIFICATES = pathlib.Path(folder)
        dev = pathlib.Path(__file__).resolve().parents[2] / "dev"
        subprocess.run([str(dev), "cert", "--out", folder, "--client", "ada", "--client", "eve"], check=True,
                       stdout=subprocess.DEVNULL)
        keys = CERTIFICATES / "session.keys"
        keys.touch(mode=0o600)
        keys.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
        yield


def with_certificates(word):
    return word.replace("build/cert/", f"{CERTIFICATES}/")


def flags_of(text, who):
    lines = re.findall(rf"^# {who}: (.*)$", text, re.M)
    return [with_certificates(flag) for line in lines for flag in shlex.split(line)]


def start_upstream(stack, text, bin_dir):
    """The example that a test.txt wants beside its own, or None."""
    words = flags_of(text, "upstream")
    if not words:
        return None
    upstream = Server(str((bin_dir / words[0]).resolve()), words[1:])
    stack.callback(upstream.stop)
    return upstream


@contextlib.contextmanager
def neighbours(text, bin_dir):
    """The examples that one needs beside its own, as long as this lasts. Gives the folder that they run in, or None."""
    lines = [shlex.split(line) for line in re.findall(r"^# neighbour: (.*)$", text, re.M)]
    if not lines:
        yield None
        return
    others = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, *flags in lines:
                others.append(subprocess.Popen([(bin_dir / name).resolve(), *flags, "--drain", "5"], stdout=subprocess.PIPE,
                                               stderr=subprocess.DEVNULL, text=True, cwd=folder))
                if "listening" not in (line := others[-1].stdout.readline()):
                    raise Failure(f"{name} printed no address: {line!r}")
            yield folder
        finally:
            for other in others:
                other.terminate()
            for other in others:
                other.wait(10)


def run_example(folder, bin_dir, curl_flags, server_flags, tls):
    program = (bin_dir / folder.name).resolve()
    for need in (folder / "README.md", folder / "test.txt", program):
        if not need.exists():
            raise Failure(f"{need.name} is missing")
    text = (folder / "test.txt").read_text()
    flags = flags_of(text, "server")
    curl_flags = curl_flags + flags_of(text, "curl")
    if tls and "--listen" not in flags:
        flags += ["--listen", "tls:127.0.0.1:0", *shlex.split(with_certificates(TLS))]
        curl_flags += ["--cacert", with_certificates("build/cert/localhost.crt")]
    with contextlib.ExitStack() as stack:
        environment = stack.enter_context(beside(folder, text))
        upstream = start_upstream(stack, text, bin_dir)
        if upstream:
            environment = {**(environment or os.environ), "UPSTREAM": upstream.url}
        there = stack.enter_context(neighbours(text, bin_dir))
        server = Server(str(program), flags + server_flags, there or (folder if (folder / "public").exists() else None), environment)
        return run_exchanges(folder, server, text, curl_flags)


def run_exchanges(folder, server, text, curl_flags):
    """Its test.txt and its README, against a server that is stopped after that."""
    passed, failures, known = 0, [], {}
    try:
        for title, asked, wanted in parse_cases(text):
            try:
                judge(wanted, *exchange(server.url, curl_flags, fill(asked, known)), known)
                passed += 1
            except Failure as failure:
                failures.append(f"{title}: {failure}")
        try:
            passed += run_readme(folder, server, curl_flags)
        except Failure as failure:
            failures.append(str(failure))
    finally:
        server.stop()
    return passed, failures


def run_tool(folder, bin_dir):
    """An example without a service: its README shows what the program prints."""
    shown_in = f"build/release/bin/{folder.name}"
    if not (folder / "README.md").exists():
        raise Failure("README.md is missing")
    lines = list(console_lines((folder / "README.md").read_text(), shown_in))
    if not lines:
        raise Failure(f"neither a .flare file nor a line of {shown_in} in README.md")
    wanted = folder / "test.txt"
    with contextlib.ExitStack() as stack:
        upstream = start_upstream(stack, wanted.read_text() if wanted.exists() else "", bin_dir)
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        shutil.copytree(folder, scratch, dirs_exist_ok=True)
        run_tool_lines(folder, bin_dir, lines, upstream, scratch)
    return len(lines), []


def run_tool_lines(folder, bin_dir, lines, upstream, scratch):
    for command, shown in lines:
        words = [with_certificates(word) for word in shlex.split(command)]
        if upstream:
            words = [re.sub(r"https?://(127\.0\.0\.1|localhost):(8080|8443)", upstream.url, word) for word in words]
        run = subprocess.run([str(bin_dir / folder.name), *words[1:]], capture_output=True, text=True, timeout=60,
                             cwd=scratch)
        if run.returncode or run.stdout.strip("\n") != shown.strip("\n"):
            raise Failure(f"README.md: {command}\n--- shown\n{shown}\n--- got ({run.returncode})\n{run.stdout}{run.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--curl", default="", help="flags for curl, such as --http2-prior-knowledge")
    parser.add_argument("--server", default="", help="flags for the examples' programs")
    parser.add_argument("--tls", action="store_true", help="every server speaks TLS")
    options = parser.parse_args()
    with certificates():
        return run_all(options)


def run_all(options):
    folders = sorted({spec.parent for spec in options.examples.glob("*/*/*.flare")})
    tools = [folder for folder in options.examples.glob("*/*/") if folder not in folders]
    passed = failed = 0
    for folder in folders + sorted(tools):
        if options.names and folder.name not in options.names:
            continue
        why = options.bin_dir / f"{folder.name}.skipped"
        if why.exists():
            print(f"skipped: {folder.name} because {why.read_text().strip()}")
            continue
        if not options.names and (folder / "test.txt").exists() and "\n# beside:" in "\n" + (folder / "test.txt").read_text():
            continue
        try:
            if folder in tools:
                good, failures = run_tool(folder, options.bin_dir.resolve())
            else:
                good, failures = run_example(folder, options.bin_dir, shlex.split(options.curl),
                                             shlex.split(options.server), options.tls)
        except Skipped as skipped:
            print(f"skipped: {folder.name} because {skipped}")
            continue
        except Failure as failure:
            good, failures = 0, [str(failure)]
        passed += good
        failed += len(failures)
        for failure in failures:
            print(f"FAILED {folder.parent.name}/{folder.name}: {failure}")
    if not options.names and not folders:
        print("FAILED: no examples found")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
