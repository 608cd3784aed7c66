#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""built.py BUILD   what needs a compiler or its output: every header compiles alone, and no object
holds writable global data."""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import source

# Writable by nature; each with its reason.
ALLOWED_GLOBALS = {}


def header_alone(path):
    run = subprocess.run(
        ["gcc", "-std=gnu17", "-D_GNU_SOURCE", '-DTT_VERSION=""', "-Wall", "-Wextra", "-Werror",
         "-Wno-unused", "-fsyntax-only", "-Isrc", "-Icmd", "-Itests", "-Iinclude", "-I.",
         "-include", path, "-x", "c", "/dev/null"],
        cwd=source.ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        errors = [line for line in run.stderr.splitlines() if ": error: " in line or "fatal" in line]
        yield f"{path}: {errors[0] if errors else 'does not compile alone'}"


def objects(build):
    """The objects of the product: those below src/ and cmd/, without tests."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        for entry in json.load(file):
            name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), source.ROOT)
            if name.startswith(("src/", "cmd/")) and not source.is_test(name):
                path = os.path.join(entry["directory"], entry["output"])
                if os.path.exists(path):
                    yield name, path


SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\.data|\.bss|\.data\.(?!rel\.ro)\S*|\.bss\.\S*)\s+"
                    r"([0-9a-f]+)\s+(?:\.hidden )?(\S+)$")


def globals_of(name, path):
    out = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True)
    for line in out.stdout.splitlines():
        match = SYMBOL.match(line)
        if match and int(match.group(2), 16) and not match.group(3).startswith((".", "__")):
            symbol = match.group(3).split(".")[0]
            if (name, symbol) not in ALLOWED_GLOBALS:
                yield f"{name}: {symbol} is a writable global"


def main():
    build = sys.argv[1]
    tap = source.Tap()
    headers = [p for p in source.files(".h") if not source.is_test(p) or "tap" in p]
    with ThreadPoolExecutor(2) as pool:
        alone = pool.map(lambda path: list(header_alone(path)), headers)
        tap.check("every header compiles alone", [f for found in alone for f in found])
    tap.check("there are no mutable globals",
              [f for name, path in objects(build) for f in globals_of(name, path)])
    tap.done()


main()
