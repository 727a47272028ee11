#!/usr/bin/env python3
"""Holds every example to its own OpenAPI document.

    document     an outside validator takes what `flarec openapi` writes
    requests     schemathesis, all checks and phases, sends requests made from the document, good and bad: no 5xx, no breach
                 but what hooks.py tells the reason of
    page         the page of docs() works in a headless browser (page.mjs)

The tools are Python packages of pinned versions (requirements.txt), installed into build/contract/venv. What can't be had is
skipped, and said.

Fifty random requests for an operation, beside those at each bound, are what a stage of CI has time for; `--examples 1000`
looks longer.

usage: run.py [--bin DIR] [--examples N] [--seed N] [--jobs N] [NAME...]
"""
import argparse
import base64
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor, as_completed

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLE_MAX_SECONDS = 300  # one that takes longer has inputs without sensible bounds
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

spec = importlib.util.spec_from_file_location("examples_run", HERE.parent / "examples" / "run.py")
examples_run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(examples_run)


def tools(folder):
    """The folder of the tools' programs, or None."""
    programs = folder / "venv" / "bin"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = folder / "requirements.txt"
    if not (stamp.exists() and stamp.read_text() == wanted):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            venv.create(folder / "venv", with_pip=True, clear=True)
            subprocess.run([programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                            HERE / "requirements.txt"], check=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"skipped: contract because its tools can't be installed: {error}")
            return None
        stamp.write_text(wanted)
    return programs


def is_left_out(operation):
    return any(text in operation for text in ('"text/event-stream"', '"x-websocket"', '"What the upstream answers"'))


def strict(document):
    """The document without `default`, which allows any reply, where an operation declares its own: what it does not declare
    is a failure then. Events are left out, since they go on for as long as they are read; so are sockets, as no GET made from a
    document is a handshake, and what is passed on, which another service answers."""
    for item in document["paths"].values():
        for method in [method for method in METHODS if is_left_out(json.dumps(item.get(method)))]:
            del item[method]
        for method in METHODS:
            responses = item.get(method, {}).get("responses", {})
            if "2XX" not in responses:
                responses.pop("default", None)
    return document


def credentials(text, url):
    """The header fields that the example's test.txt gives every request: `# contract: FIELD: VALUE` lines, and with
    `# contract: cookies of TITLE` the cookies that the exchange of that title sets."""
    fields = []
    for line in re.findall(r"^# contract: (.*)$", text, re.M):
        if not line.startswith("cookies of "):
            fields.append(line)
            continue
        asked = next(asked for title, asked, _ in examples_run.parse_cases(text) if title == line[len("cookies of "):])
        _, got, _ = examples_run.exchange(url, [], asked)
        fields.append("Cookie: " + "; ".join(cookie.partition(";")[0] for cookie in got["set-cookie"]))
    return fields


def scheme_of(document, name, value):
    """(scheme, settings) of the security scheme that a field is for, one for each cookie; else nothing."""
    for scheme, told in document["components"].get("securitySchemes", {}).items():
        if told["type"] == "http" and name.lower() == "authorization":
            word, _, secret = value.partition(" ")
            if told["scheme"] == word.lower() == "bearer":
                yield scheme, {"bearer": secret}
            elif told["scheme"] == word.lower() == "basic":
                user, _, password = base64.b64decode(secret).decode().partition(":")
                yield scheme, {"username": user, "password": password}
        elif told.get("in") == "header" and told["name"].lower() == name.lower():
            yield scheme, {"api_key": value}
        elif told.get("in") == "cookie" and name == "Cookie":
            for cookie in value.split("; "):
                if cookie.partition("=")[0] == told["name"]:
                    yield scheme, {"api_key": cookie.partition("=")[2]}


def settings(document, credentials, examples):
    """For schemathesis: how a caller is known, where guards want that."""
    # Links between operations are few: a tenth of the chains meets them all.
    text = f"hooks = {json.dumps(str(HERE / 'hooks.py'))}\n[phases.stateful.generation]\nmax-examples = {max(1, examples // 10)}\n"
    for name, _, value in (line.partition(":") for line in credentials):
        for scheme, secrets in scheme_of(document, name, value.strip()):
            text += f"[auth.openapi.{json.dumps(scheme)}]\n"
            text += "".join(f"{setting} = {json.dumps(secret)}\n" for setting, secret in secrets.items())
    return text


def has_json(document):
    """Whether some route takes or gives JSON, or takes a form."""
    text = json.dumps(document["paths"])
    return '"application/json"' in text or '"requestBody"' in text


def operations(example):
    """How many there are, about: what takes longest begins first."""
    return len(re.findall(r"->", example.read_text()))


def write_document(example, options):
    """Where it was written."""
    path = ROOT / "build" / "contract" / f"{example.parent.name}.json"
    path.write_text(subprocess.run([options.bin / "flarec", "openapi", example], capture_output=True, text=True, check=True).stdout)
    return path


def check_document(programs, *paths):
    """Several at once take one start of the validator."""
    run = subprocess.run([programs / "openapi-spec-validator", *paths], capture_output=True, text=True)
    return None if run.returncode == 0 else run.stdout + run.stderr


def check_requests(programs, path, url, options):
    run = subprocess.run(
        [programs / "schemathesis", "--config-file", path.with_suffix(".toml"), "run", path, "--url", url, "--checks", "all",
         "--max-examples", str(options.examples), "--seed", str(options.seed), "--generation-database", "none",
         # How slow or how narrow the making of requests is says nothing of the server.
         "--output-sanitize", "false", "--suppress-health-check", "all", "--warnings", "off", "--no-color",
         "--continue-on-failure", "--workers", "1", "--max-redirects", "0"],
        capture_output=True, text=True, cwd=path.parent, timeout=EXAMPLE_MAX_SECONDS)
    (path.parent / f"{path.stem}.log").write_text(run.stdout + run.stderr)
    return None if run.returncode == 0 else "\n".join(line[:500] for line in run.stdout.splitlines()[-150:]) + run.stderr


def check_page(url, folder, name):
    chromium, node = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("node")
    if not chromium or not node:
        print("skipped: contract page because chromium or node is missing")
        return None
    viewer = subprocess.run(["curl", "-sf", "-o", "/dev/null", url + "viewer.js"])
    if viewer.returncode != 0:
        print("skipped: contract page because the build could not bring the viewer")
        return None
    run = subprocess.run([node, HERE / "page.mjs", chromium, url, folder / f"{name}.png"], capture_output=True, text=True, timeout=120)
    return None if run.returncode == 0 else run.stdout + run.stderr


def check_example(example, programs, options):
    """Each (what, what is wrong or None, seconds), beside the document."""
    folder, name = ROOT / "build" / "contract", example.parent.name
    path, began, results = folder / f"{name}.json", time.monotonic(), []

    def add(what, wrong):
        nonlocal began
        results.append((f"{name}: {what}", wrong, time.monotonic() - began))
        began = time.monotonic()

    document = json.loads(path.read_text())
    docs = "-> docs(" in example.read_text()
    if not has_json(document) and not docs:
        return results
    cases = (example.parent / "test.txt").read_text()
    flags = examples_run.flags_of(cases, "server")
    try:
        with examples_run.beside(example.parent, cases) as environment:
            server = examples_run.Server(str(options.bin / name), flags, environment=environment)
            check_served(example, server, document, cases, programs, options, add)
    except examples_run.Skipped as skipped:
        print(f"skipped: contract of {name} because {skipped}")
    return results


def check_served(example, server, document, cases, programs, options, add):
    """What is asked of its program, which ends with that."""
    folder, name = ROOT / "build" / "contract", example.parent.name
    try:
        if "-> docs(" in example.read_text():
            add("page", check_page(server.url + "/docs/", folder, name))
        if has_json(document):
            path = folder / f"{name}.strict.json"
            path.write_text(json.dumps(strict(document)))
            path.with_suffix(".toml").write_text(settings(document, credentials(cases, server.url), options.examples))
            add("requests", check_requests(programs, path, server.url, options))
    except (OSError, subprocess.SubprocessError, StopIteration, KeyError) as error:
        add("to its end", repr(error))
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--examples", type=int, default=50,
                        help="how many random requests are made for an operation, beside those at each bound")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many examples are judged side by side")
    options = parser.parse_args()
    programs = tools(ROOT / "build" / "contract")
    if programs is None:
        return 0
    examples = [example for example in sorted((ROOT / "examples").glob("*/*/*.flare"))
                if example.parent.name == example.stem and (not options.names or example.stem in options.names)]
    for example in examples:
        if not (options.bin / example.stem).exists():
            print(f"skipped: contract of {example.stem} because it is not built")
    examples = [example for example in examples if (options.bin / example.stem).exists()]
    passed = failed = 0

    def report(what, wrong, seconds):
        nonlocal passed, failed
        print(f"{'ok' if wrong is None else 'FAILED':7}{what}, {seconds:.1f} s", flush=True)
        if wrong is not None:
            print(wrong)
        passed, failed = passed + (wrong is None), failed + (wrong is not None)

    began = time.monotonic()
    paths = [write_document(example, options) for example in examples]
    fine = check_document(programs, *paths) is None
    each = (time.monotonic() - began) / max(1, len(paths))
    for path in paths:
        report(f"{path.stem}: document", None if fine else check_document(programs, path), each)
    with examples_run.certificates(), ThreadPoolExecutor(options.jobs) as pool:
        begun = [pool.submit(check_example, example, programs, options)
                 for example in sorted(examples, key=operations, reverse=True)]
        for done in as_completed(begun):
            for result in done.result():
                report(*result)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
