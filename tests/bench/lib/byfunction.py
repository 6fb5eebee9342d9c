# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin's counts of blocks, as instructions by function of the kernel."""

import bisect
import collections

USER = 1 << 63


def lines(name):
    with open(name) as f:
        return f.readlines()


def read(names, symbols, share):
    """{function: instructions} of the plugin's files, divided by share."""
    addresses = [a for a, _ in symbols]
    found = collections.Counter()
    for line in (line for name in names for line in lines(name)):
        address, insns = line.split()
        address = int(address, 16)
        i = bisect.bisect_right(addresses, address) - 1
        name = symbols[i][1] if i >= 0 and address >= USER else "user space"
        found[name] += int(insns) / share
    return found


def show(base, base_name, row, row_name, least):
    print("%10s %10s %10s  instructions for a packet" % (
        "base", "row", "row-base"))
    total = [sum(base.values()), sum(row.values())]
    print("%10.1f %10.1f %+10.1f  all (base: %s; row: %s)" % (
        *total, total[1] - total[0], base_name, row_name))
    rest = 0.0
    for name in sorted(set(base) | set(row),
                       key=lambda n: base[n] - row[n]):
        change = row[name] - base[name]
        if abs(change) < least:
            rest += change
            continue
        print("%10.1f %10.1f %+10.1f  %s" % (
            base[name], row[name], change, name))
    print("%32s%+.1f in changes below %g" % ("", rest, least))


def table(found, least):
    """One row alone, the dearest first."""
    print("%10.0f  instructions each, all" % sum(found.values()))
    for name, insns in sorted(found.items(), key=lambda item: -item[1]):
        if insns >= least:
            print("%10.0f  %s" % (insns, name))
    print("%10.0f  in functions below %g" % (sum(
        v for v in found.values() if v < least), least))
