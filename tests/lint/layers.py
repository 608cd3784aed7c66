#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A folder includes only itself and folders above it in the table of doc/architecture.md."""
import os
import re

import source

LAYERS = ["base", "wire", "conf", "event", "store", "net", "kube", "collect", "sink", "route",
          "serve", "agent"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def findings_of(path):
    """What is wrong with the includes of one file below src/."""
    folder = path.split("/")[1]
    if folder not in LAYERS:
        yield f"{path}: src/{folder}/ is not in the table of layers"
        return
    allowed = LAYERS[:LAYERS.index(folder) + 1]
    for name in INCLUDE.findall(source.read(path)):
        target = name.split("/")[0] if "/" in name else None
        if target is None:
            yield f'{path}: include "{name}" as "{folder}/{name}"'
        elif target in ("tap", "fault") and source.is_test(path):
            continue
        elif target not in LAYERS:
            yield f'{path}: "{name}" is in no layer'
        elif target not in allowed:
            yield f'{path}: {folder} must not know {target} ("{name}")'


def own_header_first(path):
    """x.c begins its includes with its own header, so that each header is tried alone."""
    header = path.removesuffix(".c") + ".h"
    if path.endswith(".h") or not os.path.exists(os.path.join(source.ROOT, header)):
        return
    first = re.search(r'^\s*#\s*include\s+(\S+)', source.read(path), re.M)
    want = '"' + header.removeprefix("src/") + '"'
    if first and first.group(1) != want:
        yield f"{path}: its first include is {first.group(1)}, not {want}"


def main():
    tap = source.Tap()
    sources = source.files(".c", ".h", under=("src",))
    tap.check("each folder includes only folders above it",
              [f for path in sources for f in findings_of(path)])
    tap.check("each file includes its own header first",
              [f for path in sources for f in own_header_first(path)])
    tap.done()


main()
