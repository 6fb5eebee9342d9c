# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables, and against those of an earlier run."""

from statistics import median

HEAD = "%-38s %8s %8s %7s  %s" % ("", "figure", "delta", "ratio", "min..max")


def figure(row, path=None):
    """Instructions for a packet, of all repeats."""
    return min(row["insns"]) if path and path["best"] else median(row["insns"])


def line(row, path=None, base=None, before=None):
    """A row as a line of text; before: the figure of an earlier run."""
    if "error" in row:
        return "%-38s ERROR: %s" % (row["row"], row["error"])
    if "missing" in row:
        return "%-38s not yet: %s" % (row["row"], row["missing"])
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
            ", least of the repeats" if path["best"] else "", HEAD))
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
