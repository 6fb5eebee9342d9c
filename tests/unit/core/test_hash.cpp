// SPDX-License-Identifier: GPL-2.0-or-later
//
// What goes through WireGuard in the hash of a packet.

#include <map>
#include <random>

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
            const u32 hash =
                tunqos_hash_make(flow, static_cast<u8>(ds), static_cast<u8>(inner), key);
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
            believed += tunqos_hash_is(random(), key);
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
            seen += !tunqos_hash_is(hash ^ (1U << bit), key);
            seen += !tunqos_hash_is(hash, key ^ (1U << bit));
        }
        // by chance it fits once in 64 times
        INFO("bit " << bit);
        CHECK(seen > 470);
    }
}
