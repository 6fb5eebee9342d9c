#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every answer and every configuration against the published schema.

A test that talks to a daemon imports check(). As a program it is a test itself: it runs a unit test
program that writes down what the dispatcher answers (TUNQOS_ANSWERS), and checks all of that.

Usage: schema.py PATH_OF_TEST_DAEMON
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                    "packaging/schema/tunqos-1.schema.json")
# Lists of one status each: every key is always there.
STATUSES = {"show.tunnels": "tunnels", "show.ports": "ports", "show.rules": "rules",
            "show.sas": "sas"}

with open(PATH, encoding="utf-8") as schema_file:
    SCHEMA = json.load(schema_file)
VALIDATORS = {}


def validator(name):
    """For an answer to this method or command."""
    if name not in VALIDATORS:
        if name not in SCHEMA["$defs"]:
            raise AssertionError("the schema does not have %s" % name)
        VALIDATORS[name] = jsonschema.Draft202012Validator(
            {"$ref": "#/$defs/" + name.replace(" ", "%20"), "$defs": SCHEMA["$defs"]})
    return VALIDATORS[name]


def check(name, answer):
    """AssertionError unless it is what the schema says."""
    for error in validator(name).iter_errors(answer):
        raise AssertionError("%s: %s: %s" % (name, error.json_path, error.message))


def objects(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def refused(name, answer):
    return not validator(name).is_valid(answer)


def loose(name, answer):
    """What the schema lets pass and ought not: a status without one of its keys, a new key."""
    for number, status in enumerate(answer.get(STATUSES.get(name), [])):
        for key in status:
            other = copy.deepcopy(answer)
            del other[STATUSES[name]][number][key]
            if not refused(name, other):
                yield "%s passes without %s" % (name, key)
    other = copy.deepcopy(answer)
    for one in objects(other):
        if name == "config.get" and one.get("version") != 1:
            continue  # keys may be names
        one["unheardOf"] = 1
        if not refused(name, other):
            yield "%s passes with a new key in %s" % (name, one)
        del one["unheardOf"]


def main(program):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "answers")
        done = subprocess.run([program], env={**os.environ, "TUNQOS_ANSWERS": path},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            print("%s fails by itself: run it first" % program)
            return 1
        with open(path, encoding="utf-8") as answers:
            lines = sorted(set(answers))
    wrong, seen, statuses = [], set(), dict.fromkeys(STATUSES, 0)
    for line in lines:
        one = json.loads(line)
        method, answer = one["method"], one["answer"]
        seen.add(method)
        try:
            check(method, answer)
        except AssertionError as error:
            wrong.append(str(error))
            continue
        if method in STATUSES:
            statuses[method] += len(answer[STATUSES[method]])
        wrong += loose(method, answer)
    wrong += ["%s was never answered" % name for name in SCHEMA["$defs"]
              if ("." in name or name in ("version", "error")) and name not in seen]
    wrong += ["no status of %s was seen" % name for name, count in statuses.items() if not count]
    print("%d answers, %s" % (len(lines), statuses))
    print("\n".join(sorted(set(wrong))))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
