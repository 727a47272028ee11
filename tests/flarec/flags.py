#!/usr/bin/env python3
"""flags.py BUILD FOLDER: in a service that flare_add_service() builds, a handler that falls off its end or calls what was never
declared does not compile, though its project asks for no warnings. BUILD/compile_commands.json says how handlers.c of FOLDER is
compiled."""
import json
import os
import shlex
import subprocess
import sys
import tempfile

HANDLER = '#include "hello.flare.h"\nflare_reply hello_home(flare_request *rq)\n'
ROWS = [
    (None, '{ return flare_text(rq, 200, FLARE_STR("up")); }'),
    ("return-type", "{ (void)rq; }"),
    ("implicit-function-declaration", "{ hello_nobody(rq); return flare_empty(rq, 204); }"),
]
source = os.path.join(sys.argv[2], "handlers.c")
with open(os.path.join(sys.argv[1], "compile_commands.json"), encoding="utf-8") as file:
    commands = [one["command"] for one in json.load(file) if one["file"] == source]
if not commands:
    sys.exit(f"{source} is not compiled")
words = shlex.split(commands[0])
words[words.index("-c"):] = ["-S", "-o", os.devnull]
failed = 0
with tempfile.TemporaryDirectory() as folder:
    for flag, body in ROWS:
        path = os.path.join(folder, "handlers.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{HANDLER}{body}\n")
        done = subprocess.run([*words, path], cwd=sys.argv[1], capture_output=True, text=True, check=False)
        good = done.returncode == 0 if flag is None else done.returncode != 0 and flag in done.stderr
        if not good:
            failed += 1
            print(f"FAILED {flag}: {done.returncode}\n{done.stderr}")
print(f"{len(ROWS) - failed} passed, {failed} failed")
sys.exit(failed > 0)
