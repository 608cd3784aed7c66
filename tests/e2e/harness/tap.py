# SPDX-License-Identifier: Apache-2.0
"""TAP for end-to-end tests: a test is a function that asserts; `check` has useful words."""
import os
import random
import shutil
import sys
import tempfile
import time
import traceback


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


def run(tests):
    """Runs the functions, named by themselves; only those that $TAP_FILTER is a part of. Prints
    the plan and exits."""
    wanted = os.environ.get("TAP_FILTER", "")
    tests = [t for t in tests if wanted in t.__name__]
    failed = 0
    for number, test in enumerate(tests, 1):
        begin = time.monotonic()
        line = f"{number} - {test.__name__}"
        try:
            test()
            print(f"ok {line}", flush=True)
        except Skip as skip:
            print(f"ok {line} # SKIP {skip}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            words = str(error) if isinstance(error, Failure) else traceback.format_exc()
            for text in words.splitlines()[:60]:
                note(text[:2000])
            print(f"not ok {line}", flush=True)
        note(f"{time.monotonic() - begin:.1f} s")
    print(f"1..{len(tests)}")
    sys.exit(1 if failed else 0)
