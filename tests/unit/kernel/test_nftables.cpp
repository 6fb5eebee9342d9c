// SPDX-License-Identifier: GPL-2.0-or-later
//
// libnftables on a ruleset of its own.
#include "kernel/nftables.hpp"

#include "catch.hpp"
#include "kernel/own_namespace.hpp"

using namespace tunqos::kernel;

namespace {

const NftTable ours{"inet", "tunqos"};

const std::string text = R"(add table inet tunqos
delete table inet tunqos
table inet tunqos {
  comment "tunqos 0123456789abcdef"
  chain forward {
    type filter hook forward priority mangle + 40; policy accept;
    ct direction original ct mark & 0x00ff0000 == 0 jump classify
  }
  chain classify {
    iifname { "lan0", "a b" } udp sport 5060-5090 ct mark set ct mark & 0xff00ffff | 0x00010000 return
    ct mark set ct mark | 0x00ff0000
  }
}
)";

} // namespace

TEST_CASE("a ruleset is tried, put in place, read and taken away", "[nftables]") {
    in_own_namespace([] {
        Nftables nftables;
        const auto before = nftables.generation();
        REQUIRE(nftables.check(text));
        const auto none = nftables.table(ours);
        REQUIRE(none);
        CHECK_FALSE(*none);

        REQUIRE(nftables.apply(text));
        CHECK(nftables.generation() != before);
        REQUIRE(nftables.generation());
        const auto listed = nftables.table(ours);
        REQUIRE(listed);
        REQUIRE(*listed);
        CHECK((*listed)->find("comment \"tunqos 0123456789abcdef\"") != std::string::npos);
        // What is listed can be given back.
        const std::string again = "delete table inet tunqos\n" + **listed;
        REQUIRE(nftables.apply(again));
        CHECK(**nftables.table(ours) == **listed);

        const auto all = nftables.list();
        REQUIRE(all);
        CHECK(all->find(R"("chain": "classify")") != std::string::npos);
        REQUIRE(nftables.apply("delete table inet tunqos\n"));
        CHECK_FALSE(*nftables.table(ours));
    });
}

TEST_CASE("what nft refuses changes nothing, and is said in its words", "[nftables]") {
    in_own_namespace([] {
        Nftables nftables;
        REQUIRE(nftables.apply("table inet other { }\n"));
        const auto before = nftables.generation();
        const auto bad =
            nftables.apply("delete table inet other\ntable inet x { chain fwd { } }\n");
        REQUIRE_FALSE(bad);
        CHECK(bad.error().kind == Error::Kind::refused);
        REQUIRE(bad.error().problems.size() == 1);
        CHECK(bad.error().problems[0].path == "nftables");
        CHECK(bad.error().problems[0].message.find("syntax error") == 0);
        CHECK(bad.error().problems[0].message.find('\n') == std::string::npos);
        CHECK(nftables.generation() == before);
        // Refused by the kernel, and by trying.
        for (const auto& answer : {nftables.check("delete table inet none\n"),
                                   nftables.apply("delete table inet none\n")}) {
            REQUIRE_FALSE(answer);
            CHECK(answer.error().problems[0].message.find("No such file or directory") !=
                  std::string::npos);
        }
    });
}

TEST_CASE("a name that begins as ours is another table", "[nftables]") {
    in_own_namespace([] {
        Nftables nftables;
        REQUIRE(nftables.apply("table inet tunqos2 { }\ntable ip tunqos { }\n"));
        CHECK_FALSE(*nftables.table(ours));
    });
}
