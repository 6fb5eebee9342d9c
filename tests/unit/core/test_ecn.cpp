// SPDX-License-Identifier: GPL-2.0-or-later
//
// RFC 6040 section 4.2, figure 4, all of it.

#include "catch.hpp"
#include "core.hpp"

namespace {

constexpr u8 not_ect = 0, ect1 = 1, ect0 = 2, ce = 3, drop = TUNQOS_ECN_DROP;

// The figure's rows and columns, in its order: Not-ECT, ECT(0), ECT(1), CE.
constexpr u8 order[] = {not_ect, ect0, ect1, ce};
constexpr u8 figure[4][4] = {
    {not_ect, not_ect, not_ect, drop},
    {ect0, ect0, ect1, ce},
    {ect1, ect1, ect1, ce},
    {ce, ce, ce, ce},
};

} // namespace

TEST_CASE("every cell of figure 4") {
    for (unsigned inner = 0; inner < 4; ++inner)
        for (unsigned outer = 0; outer < 4; ++outer)
            CHECK(tunqos_ecn_decap(order[inner], order[outer]) == figure[inner][outer]);
}

TEST_CASE("what the kernel did before makes no difference") {
    for (unsigned inner = 0; inner < 4; ++inner) {
        for (unsigned outer = 0; outer < 4; ++outer) {
            const u8 in = order[inner], out = order[outer];
            // RFC 4301: CE goes in where the inner is ECN-capable
            const u8 merged = out == ce && in != not_ect ? ce : in;
            CHECK(tunqos_ecn_decap(merged, out) == figure[inner][outer]);
            // the whole figure already
            const u8 done = figure[inner][outer];
            if (done != drop) CHECK(tunqos_ecn_decap(done, out) == done);
        }
    }
}
