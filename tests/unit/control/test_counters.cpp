// SPDX-License-Identifier: GPL-2.0-or-later
//
// clear counters: the module counts on, and what is shown begins at 0.
#include "control/dispatcher_fixture.hpp"

using namespace tunqos;

TEST_CASE("cleared counters begin at 0 in what is shown") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    f.kernel.packets_left_alone = {{5, 12}};
    const auto packets = [&](const char* name) {
        const json tunnels = f.result("show.tunnels", {{"name", name}}).at("tunnels");
        return tunnels.at(0).at("encap").at("packets").get<int>();
    };
    CHECK(packets("gre1") == 7);
    CHECK(f.result("counters.clear", {{"name", "gre1"}}) == json::object());
    CHECK(packets("gre1") == 0);
    CHECK(packets("vpn 10") == 7);
    CHECK(f.result("show.reasons").at("reasons").at(0).at("packets") == 12);
    f.result("counters.clear");
    f.kernel.packets = 10;
    f.kernel.packets_left_alone = {{5, 13}};
    CHECK(packets("gre1") == 3);
    CHECK(packets("vpn 10") == 3);
    CHECK(f.result("show.reasons").at("reasons").at(0).at("packets") == 1);
    // Counters that are less than they were are others.
    f.kernel.packets = 2;
    CHECK(packets("gre1") == 2);
    CHECK(f.error("counters.clear", {{"name", "gre77"}}).at("message") ==
          "gre77 has no counters; see show tunnel, show cos and show mark");
    CHECK(f.error("counters.clear", json::object(), Right::read).at("code") == rpc::not_permitted);
}

TEST_CASE("counters that began anew are not taken for the old ones") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    const auto packets = [&] {
        return f.result("show.tunnels", {{"name", "gre1"}})
            .at("tunnels")
            .at(0)
            .at("encap")
            .at("packets")
            .get<int>();
    };
    const auto clear_then = [&](auto&& what) {
        f.result("counters.clear");
        REQUIRE(packets() == 0);
        what();
        return packets();
    };
    // The binding was removed and made again.
    CHECK(clear_then([&] {
              f.result("config.change",
                       {{"config", {{"version", 1}, {"interfaces", {{"gre1", nullptr}}}}}});
              f.result("config.set", {{"config", full_json()}});
          }) == 7);
    // The module was loaded anew.
    CHECK(clear_then([&] {
              f.kernel.reload_module();
              f.manager.resync("test");
          }) == 7);
    // Another profile of the same binding counts on.
    CHECK(clear_then([&] {
              json config = full_json();
              config["interfaces"]["gre1"]["tunnel"]["decap"]["class"] = "outer";
              f.result("config.set", {{"config", config}});
          }) == 0);
}
