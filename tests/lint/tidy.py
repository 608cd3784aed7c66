#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy.py BUILD   clang-tidy with the checks of .clang-tidy on every file of the product."""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import source

# clang does not know these of gcc's flags.
FOREIGN = {"-fstack-clash-protection", "-Wno-format-truncation"}


def database(build):
    """A copy of the compile commands with the product's files alone; returns its folder, files."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    kept, names = [], []
    for entry in entries:
        name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), source.ROOT)
        if name.startswith(("src/", "cmd/")) and not source.is_test(name):
            words = [w for w in entry["command"].split(" ") if w not in FOREIGN]
            if name != "src/base/err.c":
                words[1:1] = ["-include", os.path.join(source.ROOT, "tests/lint/analyzer.h")]
            kept.append(dict(entry, command=" ".join(words)))
            names.append(name)
    folder = os.path.join(build, "tidy")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(kept, file)
    return folder, sorted(set(names))


def tidy(folder, name):
    run = subprocess.run(["clang-tidy", "--quiet", "-p", folder, "--warnings-as-errors=*", name],
                         cwd=source.ROOT, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return []
    found = [line for line in (run.stdout + run.stderr).splitlines()
             if ": warning: " in line or ": error: " in line]
    return [re.sub(r"^\S*?((src|cmd|tests)/)", r"\1", line) for line in found] or [run.stderr]


def main():
    tap = source.Tap()
    folder, names = database(sys.argv[1])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, found in zip(names, pool.map(lambda name: tidy(folder, name), names)):
            tap.check(f"clang-tidy {name}", found)
    tap.done()


main()
