#!/usr/bin/env python3
"""Holds every example to its own OpenAPI document.

    document     an outside validator takes what `flarec openapi` writes
    requests     schemathesis, all checks, sends requests made from the document, good and bad: no 5xx, no breach
    page         the page of docs() works in a headless browser (page.mjs)

The tools are Python packages of pinned versions (requirements.txt), installed into build/contract/venv. What can't be had is
skipped, and said.

usage: run.py [--bin DIR] [--examples N] [--seed N] [NAME...]
"""
import argparse
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
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


def strict(document):
    """The document without what allows any reply, where an operation declares its own."""
    for item in document["paths"].values():
        for method in METHODS:
            responses = item.get(method, {}).get("responses", {})
            if "2XX" not in responses:
                responses.pop("default", None)
    return document


def settings(document):
    """For schemathesis: a refusal that an operation declares itself may answer what the document allows."""
    text = ""
    for path, item in document["paths"].items():
        for method in METHODS:
            responses = item.get(method, {}).get("responses", {})
            own = [int(status) for status, reply in responses.items() if status.startswith("4") and "$ref" not in reply]
            if own:
                allowed = ["2xx", "3xx", "401", "403", "404", "409", "429", "5xx", *map(str, own)]
                text += f"[[operations]]\ninclude-name = {json.dumps(method.upper() + ' ' + path)}\n"
                text += f"checks.positive_data_acceptance.expected-statuses = {json.dumps(sorted(set(allowed)))}\n\n"
    return text


def has_json(document):
    text = json.dumps(document["paths"])
    return '"application/json"' in text


def check_document(programs, path):
    run = subprocess.run([programs / "openapi-spec-validator", path], capture_output=True, text=True)
    return None if run.returncode == 0 else run.stdout + run.stderr


def check_requests(programs, path, url, options):
    run = subprocess.run(
        [programs / "schemathesis", "--config-file", path.with_suffix(".toml"), "run", path, "--url", url, "--checks", "all", "--phases", "examples,coverage,fuzzing",
         "--max-examples", str(options.examples), "--seed", str(options.seed), "--generation-database", "none",
         # U+0000 is in no text that flare takes, which JSON Schema has no short word for.
         "--generation-allow-x00", "false", "--suppress-health-check", "all", "--warnings", "off", "--no-color",
         "--continue-on-failure", "--workers", "1", "--max-redirects", "0"],
        capture_output=True, text=True, cwd=path.parent)
    (path.parent / f"{path.stem}.log").write_text(run.stdout + run.stderr)
    return None if run.returncode == 0 else "\n".join(run.stdout.splitlines()[-150:]) + run.stderr


def check_page(url, folder):
    chromium, node = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("node")
    if not chromium or not node:
        print("skipped: contract page because chromium or node is missing")
        return None
    viewer = subprocess.run(["curl", "-sf", "-o", "/dev/null", url + "viewer.js"])
    if viewer.returncode != 0:
        print("skipped: contract page because the build could not bring the viewer")
        return None
    run = subprocess.run([node, HERE / "page.mjs", chromium, url, folder / "page.png"], capture_output=True, text=True, timeout=120)
    return None if run.returncode == 0 else run.stdout + run.stderr


def check_example(example, programs, options):
    """Yields (what, what is wrong or None)."""
    folder = ROOT / "build" / "contract"
    path = folder / f"{example.parent.name}.json"
    text = subprocess.run([options.bin / "flarec", "openapi", example], capture_output=True, text=True, check=True).stdout
    path.write_text(text)
    document = json.loads(text)
    yield "document", check_document(programs, path)
    docs = "-> docs(" in example.read_text()
    if not has_json(document) and not docs:
        return
    server = examples_run.Server(str(options.bin / example.parent.name), [])
    try:
        if has_json(document):
            path = folder / f"{example.parent.name}.strict.json"
            path.write_text(json.dumps(strict(document)))
            path.with_suffix(".toml").write_text(settings(document))
            yield "requests", check_requests(programs, path, server.url, options)
        if docs:
            yield "page", check_page(server.url + "/docs/", folder)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--examples", type=int, default=500, help="how many requests are made for an operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    programs = tools(ROOT / "build" / "contract")
    if programs is None:
        return 0
    passed = failed = 0
    for example in sorted((ROOT / "examples").glob("*/*/*.flare")):
        name = example.parent.name
        if (options.names and name not in options.names) or not (options.bin / name).exists():
            continue
        for what, wrong in check_example(example, programs, options):
            print(f"{'ok' if wrong is None else 'FAILED':7}{name}: {what}", flush=True)
            if wrong is not None:
                print(wrong)
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
