#!/usr/bin/env python3
"""grammar.py FLAREC FOLDER ROOT: the editors' grammar against flarec's own lexer, over every spec of the repository that
parses, those fenced in docs/ too. The lexer's view comes as semantic tokens of `flarec lsp`; the grammar's from Visual
Studio Code's engine (grammar.mjs)."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import bring

flarec, build, root = Path(sys.argv[1]).resolve(), sys.argv[2], Path(sys.argv[3]).resolve()
modules = bring.node(build, "tools_grammar")
LEGEND = ["comment", "string", "number", "regexp", "keyword"]
SCOPES = {"comment.": "comment", "string.quoted.": "string", "string.unquoted.": "string", "string.regexp.": "regexp",
          "keyword.control.": "keyword"}
failed = passed = 0


def check(good, what, detail=""):
    global failed, passed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}\n{detail}")


def frame(value):
    body = json.dumps(value).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def lexed(texts):
    """For each text the kind of each UTF-16 unit that has one, by (line, column)."""
    sent = [frame({"id": "i", "method": "initialize", "params": {}})]
    for i, text in enumerate(texts):
        document = {"uri": f"untitled:{i}", "languageId": "flare", "version": 1, "text": text}
        sent.append(frame({"method": "textDocument/didOpen", "params": {"textDocument": document}}))
        sent.append(frame({"id": i, "method": "textDocument/semanticTokens/full", "params": {"textDocument": document}}))
    out = subprocess.run([flarec, "lsp"], input=b"".join(sent), stdout=subprocess.PIPE, timeout=60).stdout
    kinds = {}
    while out:
        head, _, out = out.partition(b"\r\n\r\n")
        size = int(head.split(b":")[1])
        answer, out = json.loads(out[:size]), out[size:]
        if not isinstance(answer.get("id"), int):
            continue
        line = column = 0
        units = kinds[answer["id"]] = {}
        data = answer["result"]["data"]
        for at in range(0, len(data), 5):
            down, right, length, kind, _ = data[at: at + 5]
            line, column = line + down, right if down else column + right
            if kind < len(LEGEND) and LEGEND[kind] != "number":
                units.update({(line, column + unit): LEGEND[kind] for unit in range(length)})
    return [kinds[i] for i in range(len(texts))]


def coloured(texts, folder):
    files = []
    for i, text in enumerate(texts):
        files.append(Path(folder) / f"{i}.flare")
        files[-1].write_text(text)
    grammar = root / "editors/vscode/syntaxes/flare.tmLanguage.json"
    done = subprocess.run(["node", Path(__file__).with_name("grammar.mjs"), modules, grammar, *files], capture_output=True, text=True)
    check(done.returncode == 0, "the engine takes the grammar", done.stderr)
    for line in done.stdout.splitlines():
        units = {}
        for row, first, last, scope in json.loads(line):
            kind = next((kind for start, kind in SCOPES.items() if scope.startswith(start)), None)
            if kind is not None:
                units.update({(row, column): kind for column in range(first, last)})
        yield units


def specs():
    found = {}
    for folder in ("examples", "tests", "fuzz", "bench"):
        for path in sorted((root / folder).rglob("*.flare")):
            if not path.name.startswith(("error_", "several_")):
                found[str(path.relative_to(root))] = path.read_bytes().decode(errors="replace")
    for page in sorted(root.glob("docs/*.md")) + [root / "README.md"]:
        for i, block in enumerate(re.findall(r"^```flare\b[^\n]*\n(.*?)^```$", page.read_text(), re.M | re.S)):
            found[f"{page.name}#{i}"] = block
    return found


found = specs()
names, texts = list(found), [text.replace("\r\n", "\n") for text in found.values()]
check(len(names) > 40 and any(name.startswith("language.md") for name in names), "specs are found", len(names))
with tempfile.TemporaryDirectory() as folder:
    units = 0
    for name, text, one, two in zip(names, texts, lexed(texts), coloured(texts, folder)):
        lines = [line.encode("utf-16-le") for line in text.split("\n")]
        blank = {(row, column) for row, line in enumerate(lines) for column in range(len(line) // 2)
                 if line[2 * column: 2 * column + 2] in (b" \0", b"\t\0", b"\r\0")}
        wrong = sorted(place for place in (one.keys() | two.keys()) - blank if one.get(place) != two.get(place))
        units += len(one)
        check(not wrong, f"{name} is coloured as it is read",
              "".join(f"{row + 1}:{column + 1} flarec {one.get((row, column))}, grammar {two.get((row, column))}: "
                      f"{text.splitlines()[row]}\n" for row, column in wrong[:3]))
    check(units > 5000, "there is something to compare", units)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
