# SPDX-License-Identifier: Apache-2.0
"""The sources as lint sees them, and the TAP lines it prints."""
import os
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def files(*suffixes, under=("src", "cmd", "include", "tests")):
    """Paths below ROOT of the files that git knows or would add, by suffix."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *under],
        cwd=ROOT, capture_output=True, text=True, check=False)
    names = out.stdout.splitlines() if out.returncode == 0 else list(walk(under))
    return sorted({n for n in names
                   if n.endswith(suffixes) and os.path.exists(os.path.join(ROOT, n))})


def walk(under):
    """The same without git, as in an unpacked archive."""
    for top in under:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def is_test(path):
    """Whether a file is there for tests alone: x_test.c, x_test.h, test_x.c, tests/."""
    name = os.path.basename(path)
    return path.startswith("tests/") or name.startswith("test_") or name.endswith(
        ("_test.c", "_test.h"))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def blank(text, keep_comments=False):
    """`text` with the contents of strings, characters and comments turned into blanks, so that
    positions and lines stay what they are."""
    out = list(text)
    i, n = 0, len(text)

    def wipe(begin, end):
        for k in range(begin, min(end, n)):
            if out[k] != "\n":
                out[k] = " "

    while i < n:
        two = text[i:i + 2]
        if two == "/*":
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            if not keep_comments:
                wipe(i, end)
            i = end
        elif two == "//":
            end = text.find("\n", i)
            end = n if end < 0 else end
            if not keep_comments:
                wipe(i, end)
            i = end
        elif text[i] in "\"'":
            end = i + 1
            while end < n and text[end] != text[i] and text[end] != "\n":
                end += 2 if text[end] == "\\" else 1
            wipe(i + 1, end)
            i = end + 1
        else:
            i += 1
    return "".join(out)


class Tap:
    """Each check is a test; its findings are the diagnostics."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, findings):
        self.count += 1
        for finding in findings:
            print(f"# {finding}")
        if findings:
            self.failed += 1
        print(f"{'not ok' if findings else 'ok'} {self.count} - {name}")

    def done(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
