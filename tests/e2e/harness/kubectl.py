# SPDX-License-Identifier: Apache-2.0
"""kubectl in several versions against two servers, and what it prints compared.

Nothing that kubectl prints is left out of the comparison but what two servers cannot have in
common: lines `Warning:` on stderr, resourceVersions and managedFields of objects, and, where a row
of the table says so, the order. Ages may differ by the seconds that lie between the two calls."""
import difflib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from cluster import wait_for
from tap import Failure

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kubectl", "build.sh")
AGE = re.compile(r"(?<![\w.:/+-])(\d+y(?:\d+d)?|\d+d(?:\d+h)?|\d+h(?:\d+m)?|\d+m(?:\d+s)?|\d+s)"
                 r"(?![\w.:/+-])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
# HumanDuration: an age of only one unit hides less than the next smaller one, up to a limit.
ALONE = {"s": (1 << 62, 1, 1), "m": (10, 1, 60), "h": (8, 60, 3600), "d": (8, 3600, 86400),
         "y": (8, 86400, 365 * 86400)}
CELL = re.compile(r" {3,}(?=\S)")


def kubectls():
    """The versions that there are to be tested, oldest first: [(version, path)]."""
    out = subprocess.run([BUILD], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = []
    for line in out.splitlines():
        version, path = line.split()
        found.append((tuple(int(n) for n in version.split(".")[:2]), path))
    return found


class Out:
    """What one run of kubectl gave."""

    def __init__(self, stdout, stderr, status, begin, end):
        self.stdout, self.stderr, self.status = stdout, stderr, status
        self.begin, self.end = begin, end

    def __str__(self):
        return f"status {self.status}\n{self.stdout}{self.stderr}"


class Side:
    """A server that kubectl is pointed at. `url` is removed from what it prints."""

    def __init__(self, name, folder, kubeconfig, url):
        self.name, self.kubeconfig, self.url = name, kubeconfig, url
        self.home = os.path.join(folder, "home-" + name)
        os.makedirs(self.home, exist_ok=True)

    def command(self, program, arguments):
        # what one version has cached about a server is not shown to another
        cache = os.path.join(self.home, os.path.basename(os.path.dirname(program)))
        return ([program, "--kubeconfig", self.kubeconfig, "--cache-dir", cache, *arguments],
                {"HOME": self.home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})

    def run(self, program, arguments, stdin=None):
        command, env = self.command(program, arguments)
        begin = time.time()
        try:
            run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60,
                                 check=False, env=env, encoding="utf-8",
                                 errors="surrogateescape")
        except subprocess.TimeoutExpired:
            raise Failure(f"kubectl on {self.name} did not end within 60 s") from None
        return Out(self.scrub(run.stdout), self.scrub(run.stderr), run.returncode, begin,
                   time.time())

    def scrub(self, text):
        return text.replace(self.url, "SERVER").replace(self.url.partition("//")[2], "SERVER")

    def start(self, program, arguments):
        """A kubectl that goes on by itself, as with --watch."""
        return Watching(self, *self.command(program, arguments))


class Watching:
    """A kubectl that runs until it is told to end."""

    def __init__(self, side, command, env):
        self.side, self.begin = side, time.time()
        folder = tempfile.mkdtemp(dir=side.home)
        self.files = [os.path.join(folder, name) for name in ("stdout", "stderr")]
        with open(self.files[0], "wb") as out, open(self.files[1], "wb") as err:
            self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=out,
                                          stderr=err, stdin=subprocess.DEVNULL, env=env)

    def text(self, n=0):
        with open(self.files[n], encoding="utf-8", errors="surrogateescape", newline="") as file:
            return self.side.scrub(file.read())

    def wait_text(self, text, seconds=20, soft=False):
        """Waits until `text` is printed. `soft`: or until that takes too long."""
        def there():
            if text in self.text():
                return True
            if self.popen.poll() is not None:
                if soft:
                    return True
                raise Failure(f"kubectl on {self.side.name} ended with {self.popen.poll()}:\n"
                              + self.text() + self.text(1))
            return False
        try:
            wait_for(f"{text!r} on {self.side.name}", there, seconds)
        except TimeoutError as error:
            if soft:
                return
            raise Failure(f"{error}; printed:\n{self.text()}{self.text(1)}") from None

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGKILL)
        status = self.popen.wait()
        return Out(self.text(), self.text(1), status, self.begin, time.time())


def both(sides, call):
    """`call` for each side at the same time; the results in the order of the sides."""
    with ThreadPoolExecutor(len(sides)) as pool:
        return list(pool.map(call, sides))


# --- ages

def span(age):
    """The seconds that an age as kubectl prints it may stand for: from, below."""
    parts = re.findall(r"(\d+)([smhdy])", age)
    seconds = sum(int(n) * UNITS[unit] for n, unit in parts)
    if len(parts) == 1:
        limit, fine, coarse = ALONE[parts[0][1]]
        return seconds, seconds + (fine if int(parts[0][0]) < limit else coarse)
    return seconds, seconds + UNITS[parts[1][1]]


def ages_agree(a, b, tolerance):
    (a0, a1), (b0, b1) = span(a), span(b)
    return a0 < b1 + tolerance and b0 < a1 + tolerance


def lines_agree(a, b, tolerance):
    """Two lines are one but for ages that grew; what stands below each other stays there."""
    if a == b:
        return True
    a_parts, b_parts = AGE.split(a), AGE.split(b)
    if len(a_parts) != len(b_parts):
        return False
    for number, (x, y) in enumerate(zip(a_parts, b_parts)):
        if number % 2:
            if not ages_agree(x, y, tolerance):
                return False
        elif re.sub(" {2,}", "  ", x) != re.sub(" {2,}", "  ", y):
            return False
    return [m.end() for m in CELL.finditer(a)] == [m.end() for m in CELL.finditer(b)]


# --- the forms of output, each made comparable

def by_content(lines):
    """Lines in an order that does not come from the server, nor from their ages."""
    return sorted(lines, key=lambda line: (re.sub(" +", " ", AGE.sub("#", line)), line))


def as_exact(text):
    return text.split("\n")


def as_table(text):
    """The first line is its header, if it has one; the others come in the server's order."""
    lines = text.split("\n")
    head = lines[:1] if re.match(r"[A-Z ]+$", lines[0]) else []
    return head + by_content(lines[len(head):])


def as_words(text):
    """Columns too depend on the order in which lines came."""
    return by_content(re.sub(" {2,}", "  ", line).rstrip() for line in text.split("\n"))


def as_fields(text):
    """Values with blanks between them, as jsonpath prints them."""
    return sorted(text.split(" "))


def bare_json(value):
    """Without what two servers cannot have in common, at the places where objects have it."""
    if isinstance(value, list):
        return [bare_json(v) for v in value]
    if not isinstance(value, dict):
        return value
    meta = value.get("metadata")
    if isinstance(meta, dict):
        if meta.get("resourceVersion"):
            meta["resourceVersion"] = "-"
        meta.pop("managedFields", None)
    return {key: bare_json(v) for key, v in value.items()}


def as_json(text):
    """One value or several. Their own form is compared too: they are printed again as kubectl
    does it, and must then look as they did. --raw prints what the server sent, on one line."""
    decoder, out, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        if not text[at:].lstrip().startswith("{"):
            return out + text[at:].split("\n")
        at += len(text[at:]) - len(text[at:].lstrip())
        value, end = decoder.raw_decode(text, at)
        form = text[at:end]
        indent = 4 if "\n" in form else None
        separators = None if indent else (",", ":")
        again = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
        for letter in "<>&\u2028\u2029":
            again = again.replace(letter, f"\\u{ord(letter):04x}")
        value = bare_json(value)
        if isinstance(value.get("items"), list):
            value["items"].sort(key=lambda e: (e["metadata"]["namespace"], e["metadata"]["name"]))
        if isinstance(value.get("rows"), list):
            value["rows"].sort(key=lambda r: r["cells"][-1])
        out += json.dumps(value, indent=1, ensure_ascii=False).split("\n")
        out.append("form: " + ("as kubectl prints it" if again == form else "other"))
        at = end
    return out + [repr(text[at:])]


def bare_yaml(lines):
    """A YAML object without its resourceVersion and managedFields; its own indent is `  ` in a
    list, else nothing."""
    indent = "  " if lines[0].startswith("- ") else ""
    out, inside, skip = [], False, False
    for line in lines:
        if re.match(rf"{indent}[a-zA-Z]", line):
            inside = line.startswith(indent + "metadata:")
        if re.match(rf"{indent}  [a-zA-Z]", line) or not inside:
            skip = inside and line.startswith(indent + "  managedFields:")
        if skip:
            continue
        if inside and line.startswith(indent + "  resourceVersion:"):
            line = re.sub(r'"\d+"', '"-"', line)
        out.append(line)
    return out


def as_yaml(text):
    """Items of a list are put in order of their content."""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if re.match("- [a-z]", line)]
    if not starts:
        return bare_yaml(lines)
    end = next(i for i in range(starts[-1] + 1, len(lines)) if lines[i][:1] not in (" ", "-"))
    items = [bare_yaml(lines[a:b]) for a, b in zip(starts, starts[1:] + [end])]
    return (lines[:starts[0]] + [line for item in sorted(items) for line in item]
            + bare_yaml(["kind", *lines[end:]])[1:])


def as_new(text):
    """Of objects that were just made: also uid and creationTimestamp are each server's own, and
    the random end of a generated name."""
    form = as_json if text.startswith("{") else as_yaml if text.startswith("a") else as_exact
    out = []
    for line in form(text):
        line = re.sub(r'("?uid"?: )"?[-0-9a-f]{36}"?', r"\1UID", line)
        line = re.sub(r'("?creationTimestamp"?: )"?[-0-9T:]+Z"?', r"\1TIME", line)
        out.append(re.sub(r"\bgenerated-[a-z0-9]{5}\b", "generated-RANDOM", line))
    return out


def as_new_table(text):
    return as_table("\n".join(as_new(text)))


def as_described(text):
    """describe prints the resourceVersion of the object and those of its references."""
    return re.sub(r"(?<=\nMetadata:\n)((?:  .*\n)*?  Resource Version: +)\d+", r"\1-",
                  text).split("\n")


FORMS = {"own words": as_exact, "described": as_described, "new table": as_new_table, "exact": as_exact, "table": as_table, "words": as_words,
         "fields": as_fields, "json": as_json, "yaml": as_yaml, "new": as_new}
LOG = re.compile(r"^[EWIF]\d{4} [\d:.]+ +\d+ (\S+?):\d+\]", re.M)
# client-go says this, or not, of its own time-out: two of its goroutines race for it
OVER = re.compile(r'LOG reflector\.go "Failed to watch" err="context deadline exceeded"')


def as_reason(text):
    """Of an error that the API server has from the Go library its reason only."""
    return [re.sub(r"^((?:Error from|The request is)[^:]*):.*", r"\1", line)
            for line in as_errors(text)]


def as_errors(text):
    """stderr without warnings; of lines of a program's own log, without their time."""
    lines = [line for line in LOG.sub(r"LOG \1", text).split("\n")
             if not line.startswith("Warning:") and not OVER.match(line)]
    # a refused patch names the whole object that would have come of it
    return [re.sub(r'(Too large resource version: \d+, current:|patch: Invalid value:) '
                   r'(?:\d+|"\{.*\}")', r"\1 ANY", line) for line in lines]


def difference(want, got, form):
    """None, or how the second output differs from the first."""
    tolerance = max(want.end, got.end) - min(want.begin, got.begin) + 1
    found = []
    if want.status != got.status:
        found.append(f"exit code {want.status} became {got.status}")
    stderr = as_reason if form == "own words" else as_errors
    for name, make in (("stdout", FORMS[form]), ("stderr", stderr)):
        a, b = make(getattr(want, name)), make(getattr(got, name))
        if len(a) == len(b) and all(lines_agree(x, y, tolerance) for x, y in zip(a, b)):
            continue
        if max(len(a), len(b)) > 4000:  # too many for difflib
            a, b = list((Counter(a) - Counter(b)).elements()), list(
                (Counter(b) - Counter(a)).elements())
        if len(a) == len(b):  # let lines that only aged not be shown as different
            b = [x if lines_agree(x, y, tolerance) else y for x, y in zip(a, b)]
        found += list(difflib.unified_diff(a, b, name + " of the API server",
                                           name + " of telltaled", "", "", 1, ""))
    return "\n".join(found) if found else None
