#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tap-summary.py TESTLOG   sum up the TAP lines in a meson test log (testlog.json).

Names each failed test with its diagnostics, each skipped one with its reason, and ends with the
line "N passed, N failed". Fails if anything failed or nothing ran."""
import json
import re
import sys

LINE = re.compile(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(skip|todo)\S*\s*(.*))?", re.I)


class Summary:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_line(self, program, line, notes):
        match = LINE.match(line)
        bad, name, directive, reason = match.groups()
        title = f"{program}: {name.strip()}"
        if directive and directive.lower() == "skip":
            self.skipped.append(f"{title} ({reason.strip()})" if reason else title)
        elif bad:
            self.failed.append((title, notes))
        else:
            self.passed += 1

    def add_test(self, test):
        """One program: its TAP lines, or the program itself if it printed none or broke."""
        name = test["name"].split(" / ")[-1]
        before = len(self.failed)
        seen = False
        notes = []
        for line in test.get("stdout", "").splitlines():
            if LINE.match(line):
                self.add_line(name, line, notes)
                notes = []
                seen = True
            elif line.startswith("#"):
                notes.append(line)
        outcome = test["result"]
        if outcome in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"):
            if len(self.failed) == before:
                tail = test.get("stderr", "").splitlines()[-20:]
                words = f"{name}: ended with {outcome.lower()}, status {test['returncode']}"
                self.failed.append((words, notes + tail))
        elif outcome == "SKIP" and not seen:
            self.skipped.append(name)
        elif not seen:
            self.passed += 1


def main():
    summary = Summary()
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
            for line in log:
                summary.add_test(json.loads(line))
    except FileNotFoundError:
        print("no test ran", file=sys.stderr)
    for title, notes in summary.failed:
        print(f"failed: {title}")
        for note in notes:
            print(f"    {note}")
    for title in summary.skipped:
        print(f"skipped: {title}")
    print(f"{summary.passed} passed, {len(summary.failed)} failed")
    return 0 if summary.passed and not summary.failed else 1


sys.exit(main())
