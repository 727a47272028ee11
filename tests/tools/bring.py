"""Brings what an outside judge needs, pinned, by its package manager, into a folder of the build; once. Where it can't be
brought the test says so and ends with 77, which ctest counts as skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def skip(what, why):
    print(f"skipped: {what} because {why}")
    sys.exit(77)


def run(what, *command, **options):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        skip(what, f"{command[0]} failed: {error}")
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines() or ["no output"]
        skip(what, f"{Path(command[0]).name} could not bring it: {lines[-1]}")


def once(folder, pins, what, steps):
    """Runs steps() unless the folder holds what these pins say."""
    mark = folder / "pins"
    text = "".join(Path(pin).read_text() for pin in pins)
    if mark.exists() and mark.read_text() == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    steps()
    mark.write_text(text)


def python(folder, what):
    """A virtual environment of requirements.txt; runs this very script in it."""
    folder = Path(folder).resolve() / "python"
    inside = folder / "bin/python"

    def steps():
        run(what, sys.executable, "-m", "venv", str(folder))
        run(what, str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "-r", str(HERE / "requirements.txt"))

    if Path(sys.prefix).resolve() == folder:
        return
    once(folder, [HERE / "requirements.txt"], what, steps)
    os.execv(inside, [str(inside), *sys.argv])


def node(folder, what):
    """The packages of package-lock.json; returns their node_modules."""
    folder = Path(folder).resolve() / "node"
    if shutil.which("node") is None:
        skip(what, "node is missing")

    def steps():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        run(what, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=folder)

    once(folder, [HERE / "package.json", HERE / "package-lock.json"], what, steps)
    return folder / "node_modules"


def crate(folder, what, name, version):
    """The folder of a crate's sources."""
    folder = Path(folder).resolve() / "crates"
    manifest = HERE / "crates.toml"

    def steps():
        shutil.copy(manifest, folder / "Cargo.toml")
        (folder / "src").mkdir()
        (folder / "src/lib.rs").write_text("")
        run(what, "cargo", "vendor", "--quiet", "--versioned-dirs", cwd=folder)

    once(folder, [manifest], what, steps)
    return folder / "vendor" / f"{name}-{version}"
