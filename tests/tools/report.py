#!/usr/bin/env python3
"""report.py FLAREC FOLDER GOLDEN: what `--format` writes for every spec of the golden folder. JSON tells each diagnostic that
the text tells, and SARIF passes its own schema, which a crate brings."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import bring

flarec, build, golden = str(Path(sys.argv[1]).resolve()), sys.argv[2], sys.argv[3]
bring.python(build, "tools_report")
schema = bring.crate(build, "tools_report", "serde-sarif", "0.8.0") / "src/schema.json"

import jsonschema  # noqa: E402

validator = jsonschema.validators.validator_for(json.loads(schema.read_text()))(json.loads(schema.read_text()))
failed = passed = 0


def check(good, what, detail=""):
    global failed, passed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}\n{detail}")


def run(*arguments, folder=golden):
    done = subprocess.run([flarec, *arguments], cwd=folder, capture_output=True)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")


def heads(text):
    return re.findall(r"^(\S+?):(\d+):(\d+): (error|warning)\[(F\d+)\]", text, re.M)


check(not validator.is_valid({"version": "2.1.0", "runs": [{"tool": {}}]}), "the schema refuses what is not SARIF")
for spec in sorted(Path(golden).glob("*.flare")):
    name = spec.name
    code, _, text = run("check", name)
    json_code, lines, silent = run("check", "--format", "json", name)
    sarif_code, log, quiet = run("check", "--format=sarif", name)
    check(code == json_code == sarif_code and silent == quiet == "", f"{name}: the same exit code, nothing else", silent + quiet)
    found = [json.loads(line) for line in lines.splitlines()]
    # The text stops at 20 errors and at as many warnings.
    told = [(one["file"], str(one["start"]["line"]), str(one["start"]["column"]), one["severity"], one["code"]) for one in found]
    check(set(heads(text)) <= set(told) and (len(told) > 20 or heads(text) == told), f"{name}: as the text", told)
    for one in found:
        length = len(Path(golden, one["file"]).read_bytes())
        check(0 <= one["start"]["offset"] <= one["end"]["offset"] <= length, f"{name}: offsets", one)
    document = json.loads(log)
    errors = [error.message for error in validator.iter_errors(document)]
    check(errors == [], f"{name}: SARIF", errors[:3])
    run_ = document["runs"][0]
    rules = [rule["id"] for rule in run_["tool"]["driver"]["rules"]]
    results = [(one["ruleId"], one["level"]) for one in run_["results"]]
    check(results == [(one["code"], one["severity"]) for one in found], f"{name}: SARIF has the same results", results)
    check(all(rules[one["ruleIndex"]] == one["ruleId"] for one in run_["results"]), f"{name}: rules", rules)

with tempfile.TemporaryDirectory(prefix="flare report ") as folder:
    spec = Path(folder) / "a b%é.flare"
    spec.write_text("service s;\ntype T { a: u8; }\nGET / -> h;\n")
    _, log, _ = run("check", "--format", "sarif", str(spec))
    uri = json.loads(log)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    check(uri.startswith("file:///") and uri.endswith("/a%20b%25%C3%A9.flare"), "a path is a URI", uri)
    _, log, _ = run("check", "--format", "sarif", "./x:y.flare", folder=folder)
    check(log == "", "a file that can't be read is no document", log)
    check(run("check", str(spec))[0] == 0, "a warning is no error")
    check(run("check", "--deny", "warnings", str(spec))[0] == 1, "unless it is denied")
    check(run("check", "--deny", "warnings", "--allow", "F0702", str(spec))[0] == 0, "or allowed")
    check(run("check", "--allow", "F0702", str(spec))[2] == "", "what is allowed is not told")
    check(run("check", "--deny", "all", str(spec))[0] == 2, "there is nothing else to deny")
    check(run("check", "--allow", "F0201", str(spec))[0] == 2, "an error can't be allowed")
    out = Path(folder) / "out"
    check(run("build", "--deny", "warnings", str(spec), "--output-dir", str(out))[0] == 1 and not out.exists(),
          "what is denied writes nothing")
    code, out_, err = run("routes", "--format", "json", str(spec))
    check("GET" in out_ and json.loads(err)["code"] == "F0702", "beside a product it goes to standard error", err)
    old, new = Path(folder) / "old.flare", Path(folder) / "new.flare"
    old.write_text("service s;\nGET / -> h { query q: u8?; }\n")
    new.write_text("service s;\nGET / -> i { query q: u8; query r: u8?; }\n")
    code, log, quiet = run("breaking", "--format", "sarif", str(old), str(new))
    document = json.loads(log)
    errors = [error.message for error in validator.iter_errors(document)]
    results = sorted((one["ruleId"], one["level"]) for one in document["runs"][0]["results"])
    check(code == 1 and quiet == "" and errors == [], "the differences of two versions are SARIF", errors[:3])
    check(results == [("breaking", "error"), ("c-only", "note"), ("compatible", "note")], "each of its kind", results)
    check(run("breaking", "--format", "json", str(old), str(new)) == run("breaking", "--json", str(old), str(new)), "as JSON, too")
    code, log, _ = run("breaking", "--format", "sarif", str(old), str(old))
    check(code == 0 and json.loads(log)["runs"][0]["results"] == [], "no difference is a document without results", log)
    spec.write_text("service s;\nGET\n")
    check(json.loads(run("fmt", "--format", "json", str(spec))[2])["code"] == "F0110", "fmt reports so, too")

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
