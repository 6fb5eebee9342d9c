// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hashes of bindings against somebody who chooses the keys: the longest
// chain and the steps of a whole commit are counted, under many salts.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "catch.hpp"
#include "core.hpp"

namespace {

constexpr unsigned buckets = 8192; // of selectors; bindings have twice as many
constexpr unsigned keys = 8192;    // what all guests together may bind
constexpr unsigned salts = 16;

struct Sa {
    u8 fields = 0;
    bool v6 = false;
    std::array<u32, TUNQOS_KEYED_ADDRESS> peer{}, local{};
    u32 mark = 0, reqid = 0, if_id = 0, spi = 0;

    [[nodiscard]] u32 hash(u32 salt) const {
        return tunqos_keyed_sa(fields, v6, peer.data(), local.data(), mark, reqid, if_id, spi,
                               salt);
    }
};

using Hash = std::function<u32(unsigned i, u32 salt)>;

// Adding key after key, each looked for first.
struct Cost {
    unsigned longest = 0;
    unsigned long steps = 0;
};

Cost commit(const Hash& hash, u32 salt) {
    std::vector<unsigned> chain(buckets);
    Cost cost;
    for (unsigned i = 0; i < keys; ++i) {
        unsigned& length = chain[hash(i, salt) % buckets];
        cost.steps += length++;
        cost.longest = std::max(cost.longest, length);
    }
    return cost;
}

// As many keys as buckets by chance: 7 or 8 in the longest chain, and each key
// meets half a one before it.
void spread(const char* what, const Hash& hash) {
    std::mt19937 random(45);
    Cost worst;
    for (unsigned i = 0; i < salts; ++i) {
        const Cost cost = commit(hash, static_cast<u32>(random()));
        worst.longest = std::max(worst.longest, cost.longest);
        worst.steps = std::max(worst.steps, cost.steps);
    }
    INFO(what << ": longest chain " << worst.longest << ", " << worst.steps << " steps");
    CHECK(worst.longest <= 16);
    CHECK(worst.steps <= 2UL * keys);
}

} // namespace

TEST_CASE("the hash is the kernel's jhash") {
    // by linux/jhash.h of 6.1
    const u32 words[] = {0xc0000201, 2, 0xfd000000, 0x46};
    CHECK(jhash_1word(0xc0000201, 0x12345678) == 0x4f4e4f73);
    CHECK(jhash_3words(1, 2, 3, 0xffffffff) == 0x99dd42f4);
    CHECK(jhash2(words, 4, 7) == 0x5122a38c);
    CHECK(jhash2(words, 3, 7) == 0xe3548cc9);
}

TEST_CASE("selectors that were one sum are spread under any salt") {
    spread("reqid and if-id of one sum", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_REQID | TUNQOS_SELECT_IF_ID;
        sa.reqid = i + 1;
        sa.if_id = 0x40000000U - 31 * (i + 1);
        return sa.hash(salt);
    });
    spread("mark and reqid of one sum", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_MARK | TUNQOS_SELECT_REQID;
        sa.mark = i + 1;
        sa.reqid = 0x40000000U - 31 * (i + 1);
        return sa.hash(salt);
    });
    spread("peer and local of one sum", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_PEER | TUNQOS_SELECT_LOCAL;
        sa.peer[0] = i + 1;
        sa.local[0] = 0x40000000U - 31 * (i + 1);
        return sa.hash(salt);
    });
    spread("if-id and spi of one sum", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_IF_ID | TUNQOS_SELECT_SPI;
        sa.if_id = i + 1;
        sa.spi = 0x40000000U - 31 * (i + 1);
        return sa.hash(salt);
    });
}

TEST_CASE("peers whose product with a constant ends alike are spread") {
    // the inverse of hash_32()'s factor 0x61c88647: neighbours in its image
    u32 inverse = 1;
    for (int i = 0; i < 5; ++i)
        inverse *= 2 - 0x61c88647U * inverse;
    REQUIRE(inverse * 0x61c88647U == 1);
    spread("IPv4 peers", [inverse](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_PEER;
        sa.peer[0] = i * inverse;
        return sa.hash(salt);
    });
    spread("IPv4 peers of one network", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_PEER;
        sa.peer[0] = 10 + (i << 16);
        return sa.hash(salt);
    });
    spread("IPv6 peers that are alike word by word", [](unsigned i, u32 salt) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_PEER;
        sa.v6 = true;
        sa.peer = {0xfd, i, i, 0U - i};
        return sa.hash(salt);
    });
}

TEST_CASE("names whose two halves were one sum are spread") {
    // words[0] + words[1] * GOLDEN_RATIO_64 stays what it is
    spread("names", [](unsigned i, u32 salt) {
        const u64 last = i + 1, first = 0x4000000000000000ULL - last * 0x61c8864680b583ebULL;
        std::array<u32, TUNQOS_KEYED_NAME> name{};
        std::memcpy(name.data(), &first, sizeof(first));
        std::memcpy(name.data() + 2, &last, sizeof(last));
        return tunqos_keyed_name(name.data(), salt);
    });
    spread("numbered names", [](unsigned i, u32 salt) {
        char text[16] = {};
        std::snprintf(text, sizeof(text), "gre%u", i);
        std::array<u32, TUNQOS_KEYED_NAME> name{};
        std::memcpy(name.data(), text, sizeof(text));
        return tunqos_keyed_name(name.data(), salt);
    });
}

TEST_CASE("the usual selector is found by the quick hash of its peer") {
    std::mt19937 random(4301);
    for (int i = 0; i < 100; ++i) {
        Sa sa;
        sa.fields = TUNQOS_SELECT_PEER;
        sa.peer[0] = static_cast<u32>(random());
        sa.reqid = sa.if_id = sa.mark = sa.spi = static_cast<u32>(random()); // not said
        const u32 salt = static_cast<u32>(random());
        CHECK(sa.hash(salt) == tunqos_keyed4(sa.peer[0], salt));
    }
}

TEST_CASE("each field that is said is in the hash, and no other") {
    const u32 salt = 99;
    for (unsigned fields = 1; fields < 64; ++fields) {
        Sa sa;
        sa.fields = static_cast<u8>(fields);
        const u32 before = sa.hash(salt);
        const std::array<u32*, 6> field = {&sa.local[0], &sa.peer[0], &sa.mark,
                                           &sa.reqid,    &sa.if_id,   &sa.spi};
        for (unsigned bit = 0; bit < field.size(); ++bit) {
            *field[bit] = 1;
            INFO("fields " << fields << ", bit " << bit);
            CHECK((sa.hash(salt) != before) == ((fields >> bit & 1) != 0));
            *field[bit] = 0;
        }
        CHECK(sa.hash(salt + 1) != before);
    }
}
