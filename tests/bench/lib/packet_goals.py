# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures to reach, and whether a run has reached them."""


class Goal:
    """text; the most it may be; seen(figures) -> what it is.

    figures: {(path, row): instructions}. A figure that was not measured leaves
    the goal open.
    """

    def __init__(self, text, most, seen):
        self.text = text
        self.most = most
        self.seen = seen

    def judge(self, figures):
        """(seen, reached); (None, None) if it was not measured."""
        try:
            seen = self.seen(figures)
        except KeyError:
            return None, None
        return seen, seen <= self.most


def between(path, row, base):
    return lambda f: f[path, row] - f[path, base]


def most_of(path, rows, base):
    return lambda f: max(f[path, row] for row in rows) - f[path, base]


WRITTEN = ("tunqos set", "tunqos table")
GOALS = (
    Goal("GRE encap copy, against the kernel's tos inherit", -380,
         between("gre-encap", "tunqos copy", "kernel, tos inherit")),
    Goal("PCP on a VLAN", 250, between("vlan", "tunqos port PCP", "no marking")),
    Goal("DSCP from the PCP that arrives", 200, between(
        "vlan-arrival", "tunqos trust cos", "no marking")),
    Goal("a rule's action, beyond nft's classification", 250, between(
        "rules", "tunqos rule, explicit", "nft's classification alone")),
    Goal("ESP encap set and table, no encryption", 300,
         most_of("esp-null-encap", WRITTEN, "no marking")),
    Goal("ESP encap set and table, AES-GCM", 300,
         most_of("esp-gcm-encap", WRITTEN, "no marking")),
    Goal("forwarding, encap configured elsewhere: 0, within 20", 20,
         between("plain", "tunqos encap elsewhere", "nothing loaded")),
    # the kernel's static keys, one for ingress and one for egress
    Goal("forwarding, an ingress hook anywhere: decap", 90,
         between("plain", "tunqos decap elsewhere", "nothing loaded")),
    Goal("forwarding, an egress hook anywhere: a port", 90,
         between("plain", "tunqos port elsewhere", "nothing loaded")),
    Goal("forwarding, hooks of both kinds", 90,
         between("plain", "tunqos, all of these elsewhere", "nothing loaded")),
    Goal("a router's own packets, encap configured", 90,
         between("local-out", "tunqos encap elsewhere", "nothing loaded")),
    Goal("packets to the router, decap configured", 90,
         between("local-in", "tunqos decap elsewhere", "nothing loaded")),
    Goal("10,000 tunnels against one", 20, between(
        "gre-growth", "tunqos copy, 10000 tunnels", "tunqos copy, 1 tunnels")),
)


def show(figures):
    print("\nFigures to reach, instructions for a packet\n%-54s %8s %8s" % (
        "", "at most", "seen"))
    for goal in GOALS:
        seen, reached = goal.judge(figures)
        print("%-54s %+8d %8s  %s" % (
            goal.text, goal.most, "" if seen is None else "%+.0f" % seen,
            {None: "not measured", True: "reached", False: "NOT reached"}[reached]))


WORD = {None: "not measured", True: "", False: " **not reached**"}


def markdown(runs):
    """runs: (name, figures) of each"""
    lines = ["", "### Figures to reach", "",
             "| | at most |" + "".join(" %s |" % name for name, _ in runs),
             "|---|---:|" + "---:|" * len(runs)]
    for goal in GOALS:
        judged = [goal.judge(figures) for _, figures in runs]
        lines.append("| %s | %+d |%s" % (goal.text, goal.most, "".join(
            " %s%s |" % ("" if seen is None else "%+.0f" % seen, WORD[reached])
            for seen, reached in judged)))
    return "\n".join(lines) + "\n"
