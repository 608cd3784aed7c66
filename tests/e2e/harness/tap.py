# SPDX-License-Identifier: Apache-2.0
"""TAP for end-to-end tests: a test is a function that asserts; `check` has useful words."""
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor


class Failure(Exception):
    """A check that did not hold."""


class Skip(Exception):
    """The test cannot be done here, and why."""


def check(condition, words, *more):
    """Fails the running test with `words` and, on lines of their own, `more`."""
    if not condition:
        raise Failure("\n".join([words, *(str(m) for m in more)]))


def equal(got, want, words):
    check(got == want, words, f"got  {got!r}", f"want {want!r}")


def note(words):
    """A line for whoever reads the log."""
    print(f"# {words}", flush=True)


def seed():
    """The seed of this run's random choices; printed, and set by $TT_E2E_SEED to repeat one."""
    value = int(os.environ.get("TT_E2E_SEED") or random.SystemRandom().randrange(1 << 31))
    note(f"seed: TT_E2E_SEED={value}")
    return value


def folder(name):
    """A new folder for the state of a test: below $TT_E2E_STATE or the system's temporary one."""
    return tempfile.mkdtemp(prefix=f"telltale-{name}-", dir=os.environ.get("TT_E2E_STATE"))


def remove(path):
    """Removes a test's folder, unless $TT_E2E_KEEP wants to look into it."""
    if not os.environ.get("TT_E2E_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


def attempt(test):
    """Runs one test: its diagnostics, how it ended ("ok", "not ok"), a directive, seconds."""
    begin = time.monotonic()
    words, verdict, directive = "", "ok", ""
    try:
        test()
    except Skip as skip:
        directive = f" # SKIP {skip}"
    except Exception as error:  # pylint: disable=broad-except
        verdict = "not ok"
        words = str(error) if isinstance(error, Failure) else traceback.format_exc()
    return words.splitlines()[:60], verdict, directive, time.monotonic() - begin


def run(tests, at_once=1):
    """Runs the functions, named by themselves; only those that $TAP_FILTER is a part of. Prints
    the plan and exits. Tests that mostly wait and share nothing can be run several at once."""
    wanted = os.environ.get("TAP_FILTER", "")
    tests = [t for t in tests if wanted in t.__name__]
    failed = 0
    with ThreadPoolExecutor(at_once) as pool:
        # one at a time stays in this thread: what a thread has started ends with it
        outcomes = map(attempt, tests) if at_once == 1 else pool.map(attempt, tests)
        for number, (test, outcome) in enumerate(zip(tests, outcomes), 1):
            words, verdict, directive, seconds = outcome
            for line in words:
                note(line[:2000])
            print(f"{verdict} {number} - {test.__name__}{directive}", flush=True)
            note(f"{seconds:.1f} s")
            failed += verdict != "ok"
    print(f"1..{len(tests)}")
    sys.exit(1 if failed else 0)
