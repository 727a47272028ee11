"""The one build that is measured: Release, asserts off, in build/bench."""
import os
import shutil
import subprocess

from .console import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")
BENCH = os.path.join(ROOT, "bench")


def run(argv, cwd=None, **more):
    """Runs a command that must succeed; its output is shown only when it does not."""
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)} failed ({done.returncode}):\n{done.stdout[-4000:]}")
    return done.stdout


def need(program, package):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        raise Failure(f"{program} is needed: install the package {package}")
    return path


def build(*targets):
    """Configures build/bench (the preset: Release, FLARE_ASSERT=none) if need be and builds the targets named."""
    if not os.path.exists(os.path.join(BUILD, "CMakeCache.txt")):
        run(["cmake", "--preset", "bench"], cwd=ROOT)
    run(["cmake", "--build", BUILD, "-j2", "--target", *targets])


def program(name):
    return os.path.join(BUILD, "bin", name)
