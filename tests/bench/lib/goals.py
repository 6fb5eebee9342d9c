# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of the control plane: worked out, against their goals, printed."""

KERNEL, DAEMON, CHANGED = 4000, 60000, 4000  # instructions for a tunnel
MEMORY, MEMORY_CPU = 1024, 64  # bytes for a tunnel


def total(netlink, key):
    return sum(part[key] for part in netlink.values())


def kernel(row):
    return total(row["netlink"], "send_instructions") + \
        total(row["netlink"], "receive_instructions")


def daemon(row):
    return row["total"] - kernel(row)


def octets(row):
    return total(row["netlink"], "sent") + total(row["netlink"], "received")


def find(rows, case, **match):
    return next((r for r in rows if r.get("case") == case and all(
        r[k] == v for k, v in match.items())), None)


def figures(rows):
    """[{name, goal, seen, unit}], a goal of None is for information."""
    found = []

    def add(name, seen, goal=None, unit="instructions"):
        found.append({"name": name, "seen": round(seen, 1), "goal": goal,
                      "unit": unit})

    empty = find(rows, "cold", count=0)
    if empty:
        add("daemon, no tunnels: fixed part, in all", daemon(empty))
    for row in rows:
        if row.get("case") == "cold" and row["count"]:
            cold(rows, row, add)
    return found


def cold(rows, row, add):
    n = row["count"]
    title = "%d tunnels, %s: " % (
        n, "devices exist" if row["devices"] else "pending")
    add(title + "kernel, each", kernel(row) / n, KERNEL)
    for what, part in sorted(row["netlink"].items(), key=lambda item: -(
            item[1]["send_instructions"] + item[1]["receive_instructions"])):
        took = part["send_instructions"] + part["receive_instructions"]
        if took > n * 5:
            add("    of it %s" % what, took / n)
    add(title + "daemon from a cold file, each", daemon(row) / n, DAEMON)
    add(title + "netlink, each", octets(row) / n, None, "bytes")

    def pick(case, changed):
        return find(rows, case, count=n, devices=row["devices"],
                    changed=changed)
    for case in ("some tunnels", "whole configuration"):
        few, many = pick(case, 1), pick(case, 101)
        if not few or not many:
            continue
        add(title + "1 changed, %s: daemon, in all" % case, daemon(few))
        add(title + "each of 100 more changed, %s: daemon" % case,
            (daemon(many) - daemon(few)) / 100, CHANGED)
        add(title + "each of 100 more changed, %s: kernel" % case,
            (kernel(many) - kernel(few)) / 100, KERNEL)
    table = next((r for r in rows if r.get("case") ==
                  "a table-map that many use" and r["count"] == n
                  and r["devices"] == row["devices"]), None)
    if table:
        add(title + "%d changed by their table-map: daemon, each" % (
            table["changed"]), daemon(table) / table["changed"])
        add(title + "%d changed by their table-map: kernel, each" % (
            table["changed"]), kernel(table) / table["changed"], KERNEL)
    memory(rows, row, title, add)


def memory(rows, row, title, add):
    n = row["count"]
    held = find(rows, "memory", count=n, devices=row["devices"])
    if not held:
        return
    cpus = held["cpus"]
    add(title + "kernel memory, each, %d CPU" % cpus,
        sum(held["total"].values()) / n, MEMORY + MEMORY_CPU * cpus, "bytes")
    for cache, (objects, size) in sorted(held["caches"].items(),
                                         key=lambda item: -item[1][1]):
        if objects * 2 >= n:
            add("    of it %s, %.2f objects" % (cache, objects / n), size / n,
                None, "bytes")
    for what in ("percpu", "vmalloc"):
        add("    of it " + what, held["total"][what] / n, None, "bytes")
    for who, size in held["areas"].items():
        add("        by " + who, size / n, None, "bytes")
    after = find(rows, "memory after changes", count=n, devices=row["devices"])
    if after:
        add(title + "kernel memory after changes, free objects included",
            sum(after["total"].values()) / n, None, "bytes")


def show(found, rows, before=None):
    then = {f["name"]: f["seen"] for f in before or []}
    for row in rows:
        if "kernel" in row:
            print("Linux " + row["kernel"])
    print("%-66s %9s %12s  %s" % ("", "goal", "seen", "reached"))
    for f in found:
        text = "%-66s %9s %12.0f  %s" % (
            f["name"], "" if f["goal"] is None else f["goal"], f["seen"],
            "" if f["goal"] is None else
            "yes" if f["seen"] <= f["goal"] else "NO")
        if f["name"] in then:
            text += "  since then %+.0f" % (f["seen"] - then[f["name"]])
        print(text.rstrip() + ("" if f["unit"] == "instructions"
                               else "  (%s)" % f["unit"]))
