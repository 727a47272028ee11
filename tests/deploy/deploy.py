#!/usr/bin/env python3
"""What lies under deploy/ is what its readers take: units by systemd itself, manifests by Kubernetes's schemas where the
package kubernetes-validate is there, the Dockerfile by its grammar; flags are flags, and the times of a drain fit each
other. usage: deploy.py PROGRAM"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
INSTRUCTIONS = set("FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL "
                   "HEALTHCHECK SHELL".split())
passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    passed += bool(holds)
    failed += not holds
    print("ok    " if holds else "FAILED", what, "" if holds else f": {seen}")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


HELP = run(PROGRAM, "--help").stdout


def check_flags(where, words):
    flags = [word for word in words if word.startswith("--")]
    check(f"{where}: its flags are flags", all(re.search(rf"^  {re.escape(flag)} ", HELP, re.M) for flag in flags), flags)


def value(words, flag):
    return int(words[words.index(flag) + 1]) if flag in words else 0


def check_drain(where, words, patience):
    """Whoever kills waits for longer than the drain takes."""
    drain = value(words, "--drain") + value(words, "--drain-delay")
    check(f"{where}: {patience} s outlast a drain of {drain} s", patience > drain)


def test_systemd(folder):
    unit = (DEPLOY / "systemd/shop.service").read_text()
    program = f"{folder}/shop"
    shutil.copy(PROGRAM, program)
    (folder / "shop.service").write_text(unit.replace("/usr/local/bin/shop", program))
    shutil.copy(DEPLOY / "systemd/shop.socket", folder)
    words = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.M)[1])
    check_flags("shop.service", words)
    check_drain("shop.service", words, int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1]))
    if shutil.which("systemd-analyze") is None:
        print("skipped: there is no systemd-analyze")
        return
    for name in ("shop.service", "shop.socket"):
        got = run("systemd-analyze", "verify", "--recursive-errors=no", "--man=no", f"{folder}/{name}")
        check(f"{name}: systemd takes it", got.returncode == 0 and name not in got.stderr, got.stderr)
    got = run("systemd-analyze", "security", "--offline=true", "--threshold=15", f"{folder}/shop.service")
    check("shop.service: its exposure is at most 1.5", got.returncode == 0, got.stdout[-300:])
    broken = folder / "broken.service"
    broken.write_text((folder / "shop.service").read_text().replace("Restart=on-failure", "Restart=sometimes"))
    got = run("systemd-analyze", "verify", "--recursive-errors=no", "--man=no", str(broken))
    check("a mistake would be seen", "sometimes" in got.stderr, got.stderr)


def test_options():
    path = DEPLOY / "systemd/shop.conf"
    text = path.read_text().replace("fd:web", "127.0.0.1:0")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        got = run(PROGRAM, "--config", file.name, "--check")
    check("shop.conf: the service takes it", got.returncode == 0, got.stderr)


def instructions():
    """Lines of the Dockerfile, continued ones joined."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "docker/Dockerfile").read_text())
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def test_docker():
    found = list(instructions())
    check("Dockerfile: every line is an instruction", all(name in INSTRUCTIONS for name, _ in found), found)
    bases = [rest for name, rest in found if name == "FROM"]
    check("Dockerfile: images have versions", all(re.match(r"[a-z.\-/]+:\d[\w.\-]*( AS \w+)?$", base) for base in bases), bases)
    stages = {base.split(" AS ")[1] for base in bases if " AS " in base}
    copied = re.findall(r"--from=(\w+)", " ".join(rest for _, rest in found))
    check("Dockerfile: stages are there", set(copied) <= stages, (copied, stages))
    last = {name: rest for name, rest in found[max(i for i, (name, _) in enumerate(found) if name == "FROM"):]}
    check("Dockerfile: an ordinary user runs it", re.match(r"[1-9]\d*:[1-9]\d*$", last["USER"]), last)
    check("Dockerfile: it gets signals itself", json.loads(last["ENTRYPOINT"])[0].startswith("/"), last)
    check("Dockerfile: it is stopped by SIGTERM", last["STOPSIGNAL"] == "SIGTERM")
    check_flags("Dockerfile", json.loads(last["CMD"]))


def test_kubernetes():
    try:
        import yaml
    except ImportError:
        print("skipped: there is no PyYAML")
        return
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes/shop.yaml").read_text()))
    pod = documents[0]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    check("shop.yaml: selectors find the pods", all(
        wanted.items() <= pod["metadata"]["labels"].items() for wanted in (
            documents[0]["spec"]["selector"]["matchLabels"], documents[1]["spec"]["selector"],
            documents[2]["spec"]["selector"]["matchLabels"])))
    check("shop.yaml: all probes are there", {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys())
    check_flags("shop.yaml", container["args"])
    check_drain("shop.yaml", container["args"], pod["spec"]["terminationGracePeriodSeconds"])
    probe = container["readinessProbe"]
    check("shop.yaml: the balancer sees 'not ready' within --drain-delay",
          probe["periodSeconds"] * probe["failureThreshold"] < value(container["args"], "--drain-delay"))
    try:
        import kubernetes_validate
    except ImportError:
        print("skipped: schemas, for there is no kubernetes-validate")
        return
    for document in documents:
        try:
            kubernetes_validate.validate(document, "1.31", strict=True)
            wrong = None
        except Exception as error:  # what it raises depends on what is wrong
            wrong = error
        check(f"shop.yaml: {document['kind']} is of its schema", wrong is None, wrong)
    container["livenesProbe"] = container.pop("livenessProbe")
    try:
        kubernetes_validate.validate(documents[0], "1.31", strict=True)
        check("a mistake would be seen", False)
    except kubernetes_validate.ValidationError:
        check("a mistake would be seen", True)


with tempfile.TemporaryDirectory() as name:
    test_systemd(pathlib.Path(name))
test_options()
test_docker()
test_kubernetes()
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
