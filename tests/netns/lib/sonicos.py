# SPDX-License-Identifier: GPL-2.0-or-later
"""Marking by SonicOS's access rules: what the guide's tables say becomes of a
packet, and the module's tables for it.

outcome() is written from the guide (Table 124 and what follows it), tables()
from include/uapi/linux/tunqos.yaml; neither knows of the other.
"""

from dataclasses import dataclass

LEAVE = 255
# the mapping table's defaults: "To DSCP", and "From DSCP" begin to end
TO_DSCP = [0, 8, 16, 24, 32, 40, 48, 56]
TO_COS = [d // 8 for d in range(64)]
ACTIONS = ("none", "preserve", "explicit", "map")


@dataclass(frozen=True)
class Rule:
    """dscp, cos: one of ACTIONS; override: "Allow 802.1p Marking to override
    DSCP values"; to_dscp, to_cos: the values of explicit."""

    dscp: str = "preserve"
    cos: str = "none"
    override: bool = False
    to_dscp: int = 34
    to_cos: int = 3

    def __str__(self):
        return "%s/%s%s" % (self.dscp, self.cos, "!" * self.override)

    def outcome(self, pcp, dscp):
        """A packet with this DSCP, that arrived with a tag of this PCP or with
        none (None): its DSCP, and the PCP it leaves with, "none" for no tag,
        None for what nothing is said of."""
        if self.dscp == "none":
            dscp = 0
        elif self.dscp == "explicit":
            dscp = self.to_dscp
        elif self.dscp == "map":
            # "the explicit assignment occurs first, and then the other is
            # mapped according to that assignment"
            source = self.to_cos if self.cos == "explicit" else pcp
            if source is not None and (self.override or not dscp):
                dscp = TO_DSCP[source]
        if self.cos == "none":
            return dscp, "none"
        if self.cos == "explicit":
            return dscp, self.to_cos
        if self.cos == "preserve":
            return dscp, pcp
        # "mapping will only occur in one direction"
        if self.dscp == "map" and pcp is not None:
            return dscp, pcp
        return dscp, TO_COS[dscp]

    def tables(self):
        """What genl.set_rule() takes."""
        what = {"override": 0, "insert_tag": int(self.cos != "none")}
        if self.dscp in ("none", "explicit"):
            value = 0 if self.dscp == "none" else self.to_dscp
            what.update(arrival_dscp=[value] * 17, override=1)
        elif self.dscp == "map":
            one = TO_DSCP[self.to_cos]
            what["arrival_dscp"] = (
                [one] * 17 if self.cos == "explicit" else
                [TO_DSCP[i >> 1] for i in range(16)] + [LEAVE])
            what["override"] = int(self.override)
        if self.cos in ("none", "explicit"):
            value = 0 if self.cos == "none" else self.to_cos * 2
            what["arrival_tag"] = [value] * 17
        elif self.cos == "preserve" or self.dscp == "map":
            what["arrival_tag"] = [*range(16), LEAVE]
        if self.cos == "map":
            what["dscp_tag"] = [c * 2 for c in TO_COS]
        return what


def every():
    """All sixteen, those with a box with and without it."""
    return [Rule(dscp, cos, override) for dscp in ACTIONS for cos in ACTIONS
            for override in ((False, True) if dscp == "map" else (False,))]
