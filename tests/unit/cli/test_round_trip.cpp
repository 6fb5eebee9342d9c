// SPDX-License-Identifier: GPL-2.0-or-later
//
// `show running-config` is input: config_to_ios() fed line by line through grammar and edits
// gives an equal Config.
#include <random>

#include "cli_test.hpp"
#include "model/samples.hpp"

namespace tunqos::cli {
namespace {

// As `tunqos -f`: in exec mode, one change at the end.
Config read_back(const std::string& text, const Config& before = {}) {
    SessionOptions options;
    options.batch = true;
    Desk desk(options);
    desk.daemon.running = before;
    const Status status = desk.type(text);
    INFO(desk.err.str());
    REQUIRE(status == Status::ok);
    CHECK(desk.session.finish() == Status::ok);
    CHECK(desk.daemon.count("config.change") <= 1);
    return desk.daemon.running;
}

void check_round_trip(const Config& config) {
    REQUIRE(validate(config).empty());
    const std::string text = config_to_ios(config);
    CAPTURE(text);
    CHECK(read_back(text) == config);
}

TEST_CASE("the full sample and the empty configuration read back") {
    check_round_trip({});
    check_round_trip(samples::full());
}

TEST_CASE("every profile reads back, on an interface and on a crypto map") {
    const Config full = samples::full();
    int checked = 0;
    samples::each_profile([&](const TunnelProfile& profile) {
        Config config;
        config.table_maps = full.table_maps;
        config.interfaces["gre1"].tunnel = profile;
        if (samples::fits_ipsec(profile)) config.crypto_maps[{"vpn", 10}].tunnel = profile;
        check_round_trip(config);
        ++checked;
    });
    CHECK(checked > 100);
}

TEST_CASE("every mark reads back, next to the other settings of an interface") {
    samples::each_mark([](const MarkProfile& mark) {
        Config config = samples::full();
        for (const char* name : {"eth0", "gre1", "eth1.10"})
            config.interfaces[name].mark = mark;
        check_round_trip(config);
    });
}

TEST_CASE("maps, and what becomes of the DSCP of what a port receives, read back") {
    Config maps = samples::full();
    maps.qos_maps = samples::qos_maps();
    check_round_trip(maps);
    for (const QosPreset& preset : qos_presets()) {
        maps.qos_maps.cos_dscp = preset.cos_dscp;
        maps.qos_maps.dscp_cos = preset.dscp_cos;
        check_round_trip(maps);
    }
    maps.qos_maps = samples::qos_maps();
    samples::each_arrival([&](const Interface& interface) {
        Config config = maps;
        config.interfaces["eth0"] = interface;
        for (const char* name : {"eth1.10", "gre1"}) {
            config.interfaces[name].mls_qos = interface.mls_qos;
            config.interfaces[name].set_dscp = interface.set_dscp;
        }
        check_round_trip(config);
    });
}

TEST_CASE("rules, zones and masks read back, also line by line") {
    const Config config = samples::with_rules();
    check_round_trip(config);
    Desk desk;
    REQUIRE(desk.type("configure terminal\n" + config_to_ios(config)) == Status::ok);
    CHECK(desk.daemon.running == config);
}

TEST_CASE("a profile reads back over any other one") {
    // A line says the same whatever was configured before.
    std::vector<TunnelProfile> profiles;
    samples::each_profile([&](const TunnelProfile& profile) { profiles.push_back(profile); });
    const Config full = samples::full();
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        if (profiles[i].encap.implied) continue; // has no line for it
        Config before;
        before.table_maps = full.table_maps;
        Config after = before;
        before.interfaces["gre1"].tunnel = profiles[(i * 7 + 3) % profiles.size()];
        after.interfaces["gre1"].tunnel = profiles[i];
        // What the text does not mention stays; the encap and decap lines are what is at stake.
        DscpSource<EncapInner>& inner = before.interfaces["gre1"].tunnel->encap.inner;
        if (profiles[i].encap.dscp == EncapDscp::native) {
            inner = {};
            before.interfaces["gre1"].tunnel->encap.single_aggregate.reset();
        }
        const Config read = read_back(config_to_ios(after), before);
        const Encap& encap = read.interfaces.at("gre1").tunnel->encap;
        CHECK(encap.dscp == profiles[i].encap.dscp);
        if (profiles[i].encap.inner != DscpSource<EncapInner>{})
            CHECK(encap.inner == profiles[i].encap.inner);
    }
}

TEST_CASE("random configurations read back") {
    std::mt19937 random(1);
    const auto selectors = samples::selectors();
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    std::vector<TunnelProfile> profiles;
    samples::each_profile([&](const TunnelProfile& profile) { profiles.push_back(profile); });
    for (int round = 0; round < 200; ++round) {
        Config config = samples::full();
        for (unsigned i = below(4); i > 0; --i) {
            TableMap& map = config.table_maps["map-" + std::to_string(i)];
            for (unsigned line = below(65); line > 0; --line) {
                map.map[static_cast<std::uint8_t>(below(64))] =
                    static_cast<std::uint8_t>(below(64));
            }
            const TableDefault kinds[] = {TableDefault::copy, TableDefault::ignore,
                                          TableDefault::value};
            map.fallback = kinds[below(3)];
            if (map.fallback == TableDefault::value) {
                map.default_value = static_cast<std::uint8_t>(below(64));
            }
        }
        for (unsigned i = below(5); i > 0; --i) {
            Interface& interface = config.interfaces["tun" + std::to_string(i)];
            interface.tunnel = profiles[below(static_cast<unsigned>(profiles.size()))];
            if (below(2) == 0) interface.description = "no tunnel ! | json " + std::to_string(i);
        }
        for (unsigned i = below(5); i > 0; --i) {
            CryptoMap& map = config.crypto_maps[{"v", 100 + i}];
            if (below(2) > 0)
                map.match.peer = "2001:db8::" + std::to_string(i);
            else
                map.match = selectors[i * 5 + below(5)];
            const auto& profile = profiles[below(static_cast<unsigned>(profiles.size()))];
            if (samples::fits_ipsec(profile)) map.tunnel = profile;
        }
        check_round_trip(config);
    }
}

} // namespace
} // namespace tunqos::cli
