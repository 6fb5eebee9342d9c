# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables, and against those of an earlier run."""

from statistics import median

HEAD = "%-38s %8s %8s %7s  %s" % ("", "figure", "delta", "ratio", "min..max")


def figure(row, path=None):
    """Instructions for a packet, of all repeats."""
    if path and path.get("best"):
        return sorted(row["insns"])[len(row["insns"]) // 4]
    return median(row["insns"])


def unsteady(row):
    """Half of the repeats are spread over more than 3 %: softirqs were done
    now by the sender, now by ksoftirqd. Such a figure means nothing."""
    ordered = sorted(row["insns"])
    low, high = (ordered[len(ordered) * part // 4] for part in (1, 3))
    return high - low > 0.03 * low


def line(row, path=None, base=None, before=None):
    """A row as a line of text; before: the figure of an earlier run."""
    if "error" in row:
        return "%-38s ERROR: %s" % (row["row"], row["error"])
    value = figure(row, path)
    text = "%-38s %8.0f" % (row["row"], value)
    if base:
        text += " %+8.0f %7.4f" % (value - base, value / base)
    else:
        text += " " * 17
    text += "  %.0f..%.0f" % (min(row["insns"]), max(row["insns"]))
    if before is not None:
        text += "  since then %+.0f" % (value - before)
        if moved(path, value, before):
            text += " <<<"
    if unsteady(row):
        text += "  UNSTEADY"
    if row["note"]:
        text += "  (%s)" % row["note"]
    return text


def moved(path, value, before):
    return abs(value - before) > path["tolerance"]


def rows_of(result, path):
    return [r for r in result["rows"] if r["path"] == path["path"]]


def base_of(result, path):
    """The figure of the row without marking, None if it has none."""
    return next((figure(r, path) for r in rows_of(result, path)
                 if r["kind"] == "base" and "insns" in r), None)


def drifted(result):
    """Paths whose first and last row, the same thing, differ: something was
    left behind in between, and no row of them can be believed."""
    found = []
    for path in result["paths"]:
        base = base_of(result, path)
        last = [figure(r, path) for r in rows_of(result, path)
                if r["kind"] == "again" and "insns" in r]
        if base and last and moved(path, last[0], base):
            found.append(path["path"])
    return found


def figures(result):
    """{(path, row): figure}"""
    return {(r["path"], r["row"]): figure(r, path) for path in result["paths"]
            for r in rows_of(result, path) if "insns" in r}


def show(result, earlier=None):
    """Print it all; the rows that changed beyond the tolerance."""
    then = figures(earlier) if earlier else {}
    now = figures(result)
    changed = []
    for path in result["paths"]:
        print("\n%s (%s), instructions for a packet%s\n%s" % (
            path["title"], path["path"],
            ", lower quartile of the repeats" if path.get("best") else "", HEAD))
        base = base_of(result, path)
        for row in rows_of(result, path):
            key = row["path"], row["row"]
            before = then.get(key)
            print(line(row, path, base, before))
            if before is not None and key in now and \
                    moved(path, now[key], before):
                changed.append(key)
    if earlier:
        print("\n%d of %d rows have changed by more than the tolerance since %s" % (
            len(changed), len(set(then) & set(now)), earlier["date"]))
        gone = [k for k in then if k not in now and
                k[0] in {p["path"] for p in result["paths"]}]
        for key in gone:
            print("not measured now: %s, %s" % key)
    return changed


def release(result):
    """6.1 of 6.1.0-57-amd64"""
    return ".".join(result["kernel"].split(".")[:2])


def markdown(results):
    """The tables of runs on several kernels for a page of text; the rows are
    those of the first."""
    lines = ["%s: Linux %s, %s, %d repeats of %d packets." % (
        release(r), r["kernel"], r["date"], r["repeats"], r["packets"])
        for r in results]
    lines = ["  \n".join(lines)]
    for path in results[0]["paths"]:
        lines += ["", "### %s (`%s`)" % (path["title"], path["path"]), "",
                  "| %s |%s" % (
                      "lower quartile" if path.get("best") else "median",
                      "".join(" %s | delta | ratio |" % release(r)
                              for r in results)),
                  "|---|" + "---:|---:|---:|" * len(results)]
        for row in rows_of(results[0], path):
            lines.append(side_by_side(row, path, results))
    return "\n".join(lines) + "\n"


def side_by_side(row, path, results):
    name = row["row"] + (" (%s)" % row["note"] if row["note"] else "")
    return "| %s |%s" % (name, "".join(
        cells(next((r for r in rows_of(result, path)
                    if r["row"] == row["row"]), {}), path,
              base_of(result, path)) for result in results))


def cells(row, path, base):
    if "insns" not in row:
        return " %s | | |" % ("error" if row else "")
    value = figure(row, path)
    return " %.0f%s | %s | %s |" % (
        value, ", unsteady" if unsteady(row) else "",
        "%+.0f" % (value - base) if base else "",
        "%.3f" % (value / base) if base else "")
