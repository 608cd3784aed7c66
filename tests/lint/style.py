#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes, names, headers and banned functions: what HACKING.md says a file looks like."""
import json
import os
import re
import subprocess

import source

MAX_FUNCTION_LINES = 100
LONG_FUNCTION_LINES, MAX_LONG_SHARE = 60, 0.04
MAX_MCCABE = 20
MAX_NESTING = 4
MAX_PARAMETERS = 6
# Functions whose parameters a library dictates.
DICTATED = {("src/net/http_server.c", "request_goes_on")}
MAX_FILE_LINES = 1200
MAX_COLUMNS = 100

BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|gmtime|localtime|ctime|asctime|atoi|atol"
    r"|atof|rand|srand|gets|alloca)\s*\(")
SHELL = re.compile(r"(?<![\w.>])(system|popen)\s*\(")
RAW_MEMORY = re.compile(
    r"(?<![\w.>])(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)\s*\(")
PRINTS = re.compile(r"(?<![\w.>])(printf|puts|putchar|perror|exit|_exit|abort)\s*\(|\bstdout\b")
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
TYPEDEF = re.compile(r"\btypedef\s+(struct|union|enum)\b")


def functions(paths):
    """Every function definition: path, name, first and last line, number of parameters."""
    out = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+neS", "--kinds-C=f", "--languages=C",
         "--langmap=C:+.h", "-f", "-", *paths],
        cwd=source.ROOT, capture_output=True, text=True, check=True)
    for line in out.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag" and "end" in tag:
            signature = tag.get("signature", "()")
            yield (tag["path"], tag["name"], tag["line"], tag["end"], parameters(signature))


def parameters(signature):
    """How many parameters `(int a, void (*fn)(int, int))` has: commas outside inner brackets."""
    inner = signature.strip()[1:-1].strip()
    if inner in ("", "void"):
        return 0
    depth, commas = 0, 0
    for c in inner:
        depth += (c == "(") - (c == ")")
        commas += c == "," and depth == 0
    return commas + 1


def nesting(lines):
    """The deepest brace within a function's body, which itself counts 0. Braces of initialisers
    and compound literals (after `=`, `,`, `(`, `{` or `)` of a cast) do not count."""
    text = "\n".join(l for l in without_else_arms(lines))
    depth = deepest = 0
    stack = []
    for i, c in enumerate(text):
        if c == "{":
            before = text[:i].rstrip()
            data = before.endswith(("=", ",", "(", "{", "]")) and stack != []
            data = data or bool(re.search(r"\((const )?struct \w+( \*)?(\[\w*\])?\)$", before))
            stack.append(data)
            depth += not data
            deepest = max(deepest, depth)
        elif c == "}" and stack:
            depth -= not stack.pop()
    return max(deepest - 1, 0)


def without_else_arms(lines):
    """Only the first arm of each #if, so that braces balance."""
    skip = []
    for line in lines:
        word = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b", line)
        if not word:
            if not any(skip):
                yield line
        elif word.group(1).startswith("if"):
            skip.append(False)
        elif word.group(1) == "endif" and skip:
            skip.pop()
        elif skip:
            skip[-1] = True


def function_findings(paths):
    """Four lists: too long, too deeply nested, too many parameters; and all lengths."""
    texts = {path: source.blank(source.read(path)).split("\n") for path in paths}
    long_ones, deep, wide, lengths = [], [], [], []
    for path, name, first, last, n_parameters in functions(paths):
        where = f"{path}:{first}: {name}()"
        length = last - first + 1
        lengths.append(length)
        if length > MAX_FUNCTION_LINES:
            long_ones.append(f"{where} has {length} lines, more than {MAX_FUNCTION_LINES}")
        depth = nesting(texts[path][first - 1:last])
        if depth > MAX_NESTING:
            deep.append(f"{where} nests {depth} deep, more than {MAX_NESTING}")
        if (n_parameters > MAX_PARAMETERS and not source.is_test(path)
                and (path, name) not in DICTATED):
            wide.append(f"{where} has {n_parameters} parameters, more than {MAX_PARAMETERS}")
    return long_ones, deep, wide, lengths


def too_many_long(lengths):
    over = sum(n > LONG_FUNCTION_LINES for n in lengths)
    if over > MAX_LONG_SHARE * max(len(lengths), 1):
        yield (f"{over} of {len(lengths)} functions have more than {LONG_FUNCTION_LINES} lines, "
               f"more than {MAX_LONG_SHARE:.0%}")


def mccabe_findings(paths):
    if not paths:
        return
    out = subprocess.run(["pmccabe", *paths], cwd=source.ROOT, capture_output=True, text=True,
                         check=False)
    for line in out.stdout.splitlines():
        columns = line.split("\t")
        if len(columns) >= 6 and int(columns[1]) > MAX_MCCABE:
            yield f"{columns[5]}: McCabe {columns[1]}, more than {MAX_MCCABE}"


def line_findings(paths):
    for path in paths:
        lines = source.read(path).split("\n")
        if len(lines) > MAX_FILE_LINES + 1:
            yield f"{path}: {len(lines) - 1} lines, more than {MAX_FILE_LINES}"
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > MAX_COLUMNS:
                yield f"{path}:{number}: {len(line.expandtabs(8))} columns, more than {MAX_COLUMNS}"


def matches(paths, pattern, words, comments=False):
    for path in paths:
        text = source.blank(source.read(path), keep_comments=comments)
        for match in pattern.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{number}: {match.group(0).strip('( ')}: {words}"


PROTOTYPE = re.compile(r"^(?!static inline|typedef|#|\s|return|extern const)"
                       r"[A-Za-z_][^;{}=#]*\([^;{}]*\)[^;{}=]*;", re.M)


def undocumented(path):
    """Prototypes of a header whose block of lines has no comment in it or just above it."""
    text = source.read(path)
    bare = source.blank(text)
    lines = text.split("\n")
    for match in PROTOTYPE.finditer(bare):
        line = bare.count("\n", 0, match.start())
        top = line
        while top > 0 and lines[top - 1].strip():
            top -= 1
        if not any("/*" in l or "*/" in l for l in lines[top:line + 1]):
            name = re.search(r"(\w+)\s*\(", match.group(0))
            yield f"{path}:{line + 1}: {name.group(1) if name else '?'}() has no comment"


def without_spdx(paths):
    for path in paths:
        lines = source.read(path).split("\n")[:2]
        first = lines[1] if lines[0].startswith("#!") else lines[0]
        if "SPDX-License-Identifier: Apache-2.0" not in first:
            yield f"{path}: does not begin with its SPDX line"


def main():
    tap = source.Tap()
    code = source.files(".c", ".h")
    product = source.files(".c", ".h", under=("src", "cmd", "include"))
    library = [p for p in product if p.startswith("src/") and not source.is_test(p)]
    headers = [p for p in product if p.endswith(".h") and not source.is_test(p)]
    long_ones, deep, wide, lengths = function_findings(code)
    tap.check(f"functions have at most {MAX_FUNCTION_LINES} lines", long_ones)
    tap.check(f"few functions have more than {LONG_FUNCTION_LINES} lines",
              list(too_many_long(lengths)))
    tap.check(f"functions nest at most {MAX_NESTING} deep", deep)
    tap.check(f"functions have at most {MAX_PARAMETERS} parameters", wide)
    tap.check(f"McCabe is at most {MAX_MCCABE}",
              list(mccabe_findings([p for p in code if p.endswith(".c")])))
    tap.check("files and lines are not too long", list(line_findings(code)))
    tap.check("no banned function is called",
              [*matches(code, BANNED, "banned, see HACKING.md"),
               *matches([p for p in product if not source.is_test(p)], SHELL, "runs a shell")])
    tap.check("memory comes from base/mem.h",
              list(matches([p for p in product if not p.startswith("src/base/")], RAW_MEMORY,
                           "use base/mem.h")))
    tap.check("library folders do not print or exit",
              list(matches([p for p in library if not p.startswith("src/base/")], PRINTS,
                           "a library folder must not do this")))
    tap.check("structs, unions and enums have no typedef",
              list(matches(product, TYPEDEF, "no typedef")))
    tap.check("no marks of unfinished work", list(matches(code, MARKS, "file an issue", True)))
    tap.check("each prototype in a header is documented",
              [f for path in headers for f in undocumented(path)])
    scripts = source.files(".py", ".sh", "meson.build", under=(".",))
    tap.check("each file begins with its SPDX line",
              list(without_spdx(code + [p for p in scripts if os.path.getsize(
                  os.path.join(source.ROOT, p))])))
    tap.done()


main()
