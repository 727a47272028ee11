#!/usr/bin/env python3
"""What a compiler does not check. Each check is a function below that yields (path, line, what is wrong and how to
mend it); `./dev lint` runs them all, `./dev lint NAME...` some. self_test.py plants a fault for each."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import headers
from source import code_only, functions, is_ours, read

ROOMS = ["base", "net", "loop", "fiber", "wire", "http", "tls", "session", "client", "server", "postgres", "redis", "testing"]
# Codecs and what handlers see know no sockets and no event loop.
PURE_ROOMS = {"wire": {"net", "loop", "fiber"}, "http": {"net", "loop", "fiber"}}
# flarec's data goes one way.
PASSES = ["template", "check", "plan", "publish", "emit", "remote", "mock", "tools", "lsp"]
# Which room a public header belongs to. A new one is added here.
HEADER_ROOMS = {
    "base": "arena assert buffer bytes err etag formats http_date log memory number pool random str text time version",
    "net": "descriptor net network raw udp",
    "loop": "loop",
    "fiber": "await retry",
    "wire": "field method",
    "http": "cache coding file file_content flow gen gen_docs gen_files gen_form gen_html gen_input gen_json gen_reply gen_stream gen_use gen_ws "
            "json reply request service websocket",
    "tls": "connector digest tls",
    "session": "gen_session sign",
    "client": "client connect cookies dns form_data gen_client reader remote stream websocket_client",
    "server": "async flare gen_mock gen_proxy gen_work server",
    "postgres": "postgres",
    "redis": "redis",
    "testing": "testing",
}
SYSTEM_HEADERS = re.compile(r"(sys/(socket|epoll|un|uio|eventfd|timerfd)|netinet/.*|arpa/.*|netdb|poll)\.h$")

FILE_LINES = 600
FUNCTION_LINES = 80

BANNED = {name: "it has no bound; use a slice, snprintf or strtol with its checks" for name in
          "strcpy strcat sprintf vsprintf atoi atol strtok gets alloca".split()}
MEMORY = {name: "take memory through flarei_malloc and its kin of <flare/memory.h>" for name in
          "malloc calloc realloc free strdup strndup asprintf vasprintf".split()}
ENDING = {name: "a library returns its error to the caller" for name in "exit _exit _Exit quick_exit abort".split()}
SYSTEM_CALLS = {name: "call the system through the seam in runtime/net" for name in
                "accept accept4 recv recvfrom recvmsg send sendto sendmsg sendfile readv writev read write close "
                "shutdown socket bind listen connect setsockopt getsockopt getsockname getpeername epoll_create1 "
                "epoll_ctl epoll_wait poll ppoll eventfd pipe pipe2 fcntl".split()}


def room_of_header(noun):
    return next((room for room, nouns in HEADER_ROOMS.items() if noun in nouns.split()), None)


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match[1] == "<", match[2]


def runtime_include(room, system, name):
    """What is wrong with a file of `room` including `name`, or None."""
    if system and not name.startswith("flare/"):
        if room in ("base", "wire", "http") and SYSTEM_HEADERS.match(name):
            return f"{room}/ includes <{name}>: only net, loop, client and server may know the system; take bytes, not sockets"
        return None
    if system:
        other = room_of_header(Path(name).stem)
        if other is None:
            return f"nobody owns <{name}>: add it to its room in HEADER_ROOMS of tests/lint/lint.py"
    else:
        other = name.split("/")[0]
        if "/" not in name or other not in ROOMS:
            return f'"{name}": write it as "room/noun.h", with a room of {", ".join(ROOMS)}'
    if ROOMS.index(other) > ROOMS.index(room):
        return (f"{room}/ includes upward, {name} of {other}/: the order is {' < '.join(ROOMS)}. Move what you need "
                f"down, or let {other}/ pass it in")
    if other in PURE_ROOMS.get(room, ()):
        return f"{room}/ includes {name} of {other}/: {room} must work on bytes alone, so let server/ join the two"
    return None


def check_includes(root, files, options):
    """Rooms include only from rooms below them; wire and http neither net nor loop; flarec nothing of the runtime."""
    for path in files:
        parts = path.parts
        if path.suffix not in (".c", ".h", ".re", ".y"):
            continue
        for number, system, name in includes(read(root, path)):
            wrong = None
            if parts[0] == "runtime":
                room = parts[1] if parts[1] in ROOMS else room_of_header(path.stem)
                if room is None:
                    wrong = "nobody owns this header: add it to its room in HEADER_ROOMS of tests/lint/lint.py"
                else:
                    wrong = runtime_include(room, system, name)
            elif parts[0] == "flarec":
                first = name.split("/")[0]
                if (system and first == "flare") or (not system and first in ROOMS):
                    wrong = f"flarec includes {name} of the runtime: it must build and run without it"
                elif first in PASSES and parts[1] in PASSES and PASSES.index(first) > PASSES.index(parts[1]):
                    wrong = (f"flarec/{parts[1]} includes {name} of a later pass: data goes one way, "
                             f"{' -> '.join(PASSES)}")
            elif parts[0] in ("examples", "templates") and not system and name.split("/")[0] in ROOMS:
                wrong = f'{parts[0]} include "{name}", which is private: use what <flare/...> offers'
            if wrong:
                yield path, number, wrong
    lists = root / "flarec" / "CMakeLists.txt"
    if lists.exists() and re.search(r"flare::runtime|flare_runtime", lists.read_text()):
        yield lists.relative_to(root), 1, "flarec links the runtime: it must build and run without it"


def check_sizes(root, files, options):
    """Files of at most 600 lines, functions of at most 80."""
    for path in files:
        if path.suffix not in (".c", ".h", ".re", ".y", ".py", ".sh", ".cmake") and path.name not in ("dev", "CMakeLists.txt"):
            continue
        text = read(root, path)
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield path, 1, f"{lines} lines, of at most {FILE_LINES}: it has more than one owner; split it by noun"
        # A lexer's function is its table of rules, so it is as long as the language has tokens.
        if path.suffix in (".c", ".h"):
            for name, start, length in functions(text):
                if length > FUNCTION_LINES:
                    yield path, start, (f"{name}() has {length} lines, of at most {FUNCTION_LINES}: give its steps "
                                        "names of their own")


def check_calls(root, files, options):
    """No calls without a bound; in the runtime memory, system calls and exits only where they belong."""
    for path in files:
        if path.suffix not in (".c", ".h", ".re", ".y"):
            continue
        banned = dict(BANNED)
        if path.parts[0] == "runtime":
            where = path.parts[1]
            if path != Path("runtime/base/memory.c"):
                banned.update(MEMORY)
            if path.name != "assert.c" and path != Path("runtime/testing/child.c"):
                banned.update(ENDING)
            if where in ROOMS and where not in ("base", "net"):
                banned.update(SYSTEM_CALLS)
        code = code_only(read(root, path))
        own = set(re.findall(r"^static [^;{=]*?\b(\w+)\(", code, re.M))
        for match in re.finditer(r"(?<![\w.>*&])(\w+)\s*\(", code):
            name = match[1]
            if name in banned and name not in own:
                yield path, code.count("\n", 0, match.start()) + 1, f"{name}(): {banned[name]}"


def check_names(root, files, options):
    """libflare.a exports only flare_ and flarei_; no name ends in _t or holds two underscores."""
    library = Path(options.library) if options.library else root / "build/release/runtime/libflare.a"
    if library.exists():
        out = subprocess.run(["nm", "-g", "--defined-only", library], capture_output=True, text=True, check=True).stdout
        member = ""
        for line in out.splitlines():
            if line.endswith(":"):
                member = line[:-1]
            elif line.strip():
                name = line.split()[-1]
                if not re.match(r"flarei?_", name):
                    yield Path(library.name), 1, f"{member} exports {name}: make it static, or call it flarei_{name}"
    else:
        yield Path(library.name), 1, "not built: ./dev build release flare_runtime"
    for path in files:
        if path.suffix not in (".c", ".h", ".re", ".y") or path.parts[0] not in ("runtime", "flarec", "templates"):
            continue
        code = code_only(read(root, path))
        for match in re.finditer(r"^(?:typedef\b[^;{]*|\})\s*(\w+_t);|\bstruct (\w+_t)\b\s*\{", code, re.M):
            yield path, code.count("\n", 0, match.start()) + 1, f"{match[1] or match[2]}: names ending in _t are POSIX's"
        for match in re.finditer(r"\bflarei?_\w*__\w*", code, re.I):
            yield path, code.count("\n", 0, match.start()) + 1, f"{match[0]}: two underscores are reserved in C++"


def check_text(root, files, options):
    """No notes to self, no paths of one machine, no carriage returns."""
    notes = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")
    machine = re.compile(r"(?:^|[\s\"'(=:`])/(?:" + "|".join(["work", "root", "home", "farm", "Users"]) + r")/\w")
    for path in files:
        text = read(root, path)
        for number, line in enumerate(text.split("\n"), 1):
            if path.suffix in (".c", ".h", ".re", ".y", ".py", ".sh", ".cmake", "") and notes.search(line):
                yield path, number, "a note to self: do it, or write an issue"
            if machine.search(line):
                yield path, number, "a path of one machine: make it relative, or derive it"
            if line.endswith("\r"):
                yield path, number, "a carriage return: end lines with a newline alone"
                break


def formatted(files):
    rooms = ("runtime", "flarec", "tests", "examples", "fuzz", "bench")
    return [path for path in files if path.suffix in (".c", ".h") and path.parts[0] in rooms]


def check_format(root, files, options):
    """C is laid out as clang-format does it."""
    program = os.environ.get("CLANG_FORMAT", "clang-format")
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        print(f"skipped: format because {program} does not run")
        return
    if " version 14." not in version:
        print(f"skipped: format because this is {version.strip()}, not version 14")
        return
    names = [str(path) for path in formatted(files)]
    if names:
        run = subprocess.run([program, "--dry-run", "-Werror", *names], cwd=root, capture_output=True, text=True)
        seen = set()
        for match in re.finditer(r"^(.+?):(\d+):\d+: error:", run.stderr, re.M):
            if match[1] not in seen:
                seen.add(match[1])
                yield Path(match[1]), int(match[2]), "not as clang-format would lay it out: ./dev fmt"


def check_shell(root, files, options):
    """Shell scripts pass shellcheck."""
    scripts = [str(path) for path in files if re.match(r"#!.*\b(ba|da)?sh\b", read(root, path)[:80])]
    if scripts:
        run = subprocess.run(["shellcheck", "-f", "gcc", *scripts], cwd=root, capture_output=True, text=True)
        for match in re.finditer(r"^(.+?):(\d+):\d+: (.*)$", run.stdout, re.M):
            yield Path(match[1]), int(match[2]), f"shellcheck: {match[3]}"


CHECKS = {
    "includes": check_includes, "sizes": check_sizes, "calls": check_calls, "names": check_names, "text": check_text,
    "format": check_format, "shell": check_shell, "languages": headers.check_languages, "docs": headers.check_docs,
}


def list_files(root):
    git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, text=True)
    names = git.stdout.split("\0") if git.returncode == 0 else (
        os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)
    return sorted(Path(name) for name in names if name and is_ours(Path(name)) and (root / name).is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="one of " + ", ".join(CHECKS))
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--library", help="the libflare.a whose names are checked")
    parser.add_argument("--list", action="store_true", help="name the checks and leave")
    parser.add_argument("--formatted", action="store_true", help="print the files that ./dev fmt formats, ended by NULs")
    options = parser.parse_args()
    unknown = [name for name in options.checks if name not in CHECKS]
    if unknown:
        parser.error(f"there is no check {unknown[0]}")
    if options.list:
        for name, check in CHECKS.items():
            print(f"{name:10} {check.__doc__}")
        return 0
    files = list_files(options.root)
    if options.formatted:
        sys.stdout.write("".join(f"{path}\0" for path in formatted(files)))
        return 0
    failed = 0
    chosen = options.checks or list(CHECKS)
    for name in chosen:
        findings = list(CHECKS[name](options.root, files, options))
        failed += bool(findings)
        print(f"{'FAILED' if findings else 'ok':7}{name}")
        for path, line, wrong in findings:
            print(f"  {path}:{line}: {wrong}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
