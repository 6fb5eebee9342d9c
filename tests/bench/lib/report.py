# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables, and against those of an earlier run."""

from statistics import median

HEAD = "%-34s %8s %8s %7s  %s" % ("", "median", "delta", "ratio", "min..max")


def middle(row):
    return median(row["insns"])


def line(row, base=None, before=None, tolerance=20):
    """A row as a line of text."""
    if "error" in row:
        return "%-34s ERROR: %s" % (row["row"], row["error"])
    if "missing" in row:
        return "%-34s not yet: %s" % (row["row"], row["missing"])
    mid = middle(row)
    text = "%-34s %8.0f" % (row["row"], mid)
    if base:
        text += " %+8.0f %7.4f" % (mid - base, mid / base)
    else:
        text += " " * 17
    text += "  %.0f..%.0f" % (min(row["insns"]), max(row["insns"]))
    if before:
        change = mid - middle(before)
        text += "  since then %+.0f" % change
        if abs(change) > tolerance:
            text += " <<<"
    if row["note"]:
        text += "  (%s)" % row["note"]
    return text


def show(result, earlier=None):
    """Print it all; True when a row has changed beyond the tolerance."""
    then = {(r["path"], r["row"]): r for r in earlier["rows"]
            if "insns" in r} if earlier else {}
    changed = False
    for path in result["paths"]:
        rows = [r for r in result["rows"] if r["path"] == path["path"]]
        base = next((middle(r) for r in rows
                     if r["kind"] == "base" and "insns" in r), None)
        print("\n%s (%s), instructions for a packet\n%s" % (
            path["title"], path["path"], HEAD))
        for row in rows:
            before = then.get((row["path"], row["row"]))
            text = line(row, base, before, path["tolerance"])
            changed = changed or "<<<" in text
            print(text)
    return changed
