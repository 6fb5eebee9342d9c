// SPDX-License-Identifier: GPL-2.0-or-later
//
// What goes through WireGuard in the hash of a packet.

#include <algorithm>
#include <random>

#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

// The generator has 32 bits, its type may have more.
class Random {
public:
    explicit Random(u32 seed) : engine_(seed) {}
    u32 operator()() { return static_cast<u32>(engine_()); }

private:
    std::mt19937 engine_;
};

} // namespace

TEST_CASE("what is put into a hash is read back, for all DS fields and classes") {
    Random random(2983);
    for (unsigned ds = 0; ds < 256; ++ds) {
        for (unsigned inner = 0; inner < 64; ++inner) {
            const u32 key = random(), flow = random();
            const u32 mixed =
                tunqos_hash_make(flow, static_cast<u8>(ds), static_cast<u8>(inner), key);
            const u32 hash = tunqos_hash_open(mixed, key);
            REQUIRE(tunqos_hash_is(hash, key));
            REQUIRE(tunqos_hash_class(hash) == inner);
            REQUIRE((hash & TUNQOS_HASH_FLOW) == (flow & TUNQOS_HASH_FLOW));
            // WireGuard writes ECT(0) outside for CE, and copies the others (RFC 3168)
            const unsigned ecn = ds % 4, outside = ecn == 3 ? 2 : ecn;
            REQUIRE(tunqos_hash_ds(hash, static_cast<u8>(outside)) == ds);
        }
    }
}

TEST_CASE("a hash that is not ours is believed once in 64 times, with any key") {
    Random random(6040);
    for (unsigned round = 0; round < 4; ++round) {
        const u32 key = random();
        unsigned believed = 0;
        for (unsigned i = 0; i < 64000; ++i)
            believed += tunqos_hash_is(tunqos_hash_open(random(), key), key);
        CHECK(believed > 850);
        CHECK(believed < 1150);
    }
}

TEST_CASE("each bit of a hash and of the key is in the check") {
    Random random(3270);
    for (unsigned bit = 0; bit < 32; ++bit) {
        unsigned seen = 0;
        for (unsigned i = 0; i < 256; ++i) {
            const u32 key = random();
            const u32 hash = tunqos_hash_make(random(), static_cast<u8>(random()),
                                              static_cast<u8>(random() % 64), key);
            const u32 other = key ^ (1U << bit);
            seen += !tunqos_hash_is(tunqos_hash_open(hash ^ (1U << bit), key), key);
            seen += !tunqos_hash_is(tunqos_hash_open(hash, other), other);
        }
        // by chance it fits once in 64 times
        INFO("bit " << bit);
        CHECK(seen > 470);
    }
}

TEST_CASE("flows of one DSCP are shared out by the lower bits, too") {
    // sch_fq and sch_cake take the lowest ten
    Random random(1024);
    const u32 key = random();
    std::vector<unsigned> queue(1024);
    for (unsigned i = 0; i < 8192; ++i)
        ++queue[tunqos_hash_make(random(), 0xb8, 46, key) % 1024];
    const auto used = std::count_if(queue.begin(), queue.end(), [](unsigned n) { return n > 0; });
    CHECK(used > 900);
    CHECK(*std::max_element(queue.begin(), queue.end()) < 40);
}
