// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is configured reads in an answer as in the configuration.
#include <set>

#include "control/dispatcher_fixture.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

std::set<std::string> keys_of(const json& object) {
    std::set<std::string> keys;
    for (const auto& [key, ignored] : object.items())
        keys.insert(key);
    return keys;
}

// Interfaces and entries with each setting at its default and at each other kind of value.
json many() {
    json config = full_json();
    config["tableMaps"]["queue"] = {{"map", {{"ef", 7}}}, {"default", 1}};
    json& interfaces = config["interfaces"];
    interfaces["plain"]["tunnel"] = json::object();
    interfaces["wg0"]["tunnel"] = json::parse(R"({
        "encap": {"dscp": {"set": "ef"}, "innerDscp": {"table": "lan"}, "ecn": "rfc6040",
                  "singleAggregate": "af1"},
        "decap": {"dscp": "copy", "permit": "0-47", "class": "outer", "ecn": "rfc6040"},
        "preClassify": {"table": "queue", "handle": "1:", "via": {"mark": "0x3f00"}},
        "controlDscp": "cs6"})");
    interfaces["gre2"]["tunnel"] = json::parse(R"({
        "encap": {"dscp": "native"}, "decap": {"dscp": {"table": "lan"}},
        "preClassify": {"via": "priority"}})");
    interfaces["gre3"]["tunnel"] = json::parse(R"({
        "encap": {"innerDscp": {"set": "default"}}, "preClassify": true,
        "diffservMode": {"model": "pipe", "dscp": {"table": "wan"}}})");
    interfaces["eth2"]["mark"] = {{"mask", "0xff"}};
    interfaces["eth3"]["mark"] = {{"mask", "0xff"}, {"table", "cos"}};
    interfaces["eth1.30"]["protocolCos"] = {{"arp", 5}, {"non-ip", 0}};
    config["cryptoMaps"]["vpn 20"] = json::object();
    config["cryptoMaps"]["vpn 30"] = {{"match", {{"reqid", 5}, {"mark", "0x1/0xf"}}},
                                      {"tunnel", {{"preClassify", true}}}};
    return config;
}

} // namespace

TEST_CASE("keys of a status do not come and go, and what is set reads as it is configured") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    f.result("config.set", {{"config", many()}});
    const json config = f.result("config.get").at("config");
    for (const bool loaded : {true, false}) {
        f.kernel.loaded = loaded;
        const json tunnels = f.result("show.tunnels").at("tunnels");
        REQUIRE(tunnels.size() == 8);
        for (const json& one : tunnels) {
            const std::string name = one.at("name");
            INFO(name);
            const bool device = one.at("binding") == "device";
            const json& object = config.at(device ? "interfaces" : "cryptoMaps").at(name);
            CHECK(keys_of(one) == keys_of(tunnels[0]));
            for (const char* way : {"encap", "decap"}) {
                CHECK(keys_of(one.at(way)) == keys_of(tunnels[0].at(way)));
                for (const auto& [key, value] : object.at("tunnel").at(way).items())
                    CHECK(one.at(way).at(key) == value);
            }
            CHECK(one.at("preClassify") == object.at("tunnel").value("preClassify", json(false)));
            for (const char* key : {"controlDscp", "diffservMode"})
                CHECK(one.at(key) == object.at("tunnel").value(key, json()));
            for (const char* key : {"peer", "match"})
                CHECK(one.at(key) == object.value(key, json()));
        }
        const json ports = f.result("show.ports").at("ports");
        REQUIRE(ports.size() == 5);
        for (const json& one : ports) {
            const json& object = config.at("interfaces").at(one.at("name").get<std::string>());
            CHECK(keys_of(one) == keys_of(ports[0]));
            for (const char* key : {"port", "protocolCos", "mark"})
                CHECK(one.at(key) == object.value(key, json()));
            CHECK(one.at("egress").is_object() ==
                  (object.contains("port") || object.contains("protocolCos")));
            CHECK(one.at("ingress").is_object() == object.contains("mark"));
        }
        const json module = f.result("version").at("module");
        CHECK(module.size() == 7);
        CHECK(module.at("loaded") == loaded);
    }
}

TEST_CASE("the default of a setting is in the answer") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    f.result("config.set", {{"config", many()}});
    const json plain = f.result("show.tunnels", {{"name", "plain"}}).at("tunnels").at(0);
    CHECK(plain.at("encap").at("dscp") == "copy");
    CHECK(plain.at("encap").at("innerDscp") == "keep");
    CHECK(plain.at("encap").at("ecn") == "native");
    CHECK(plain.at("encap").at("singleAggregate") == nullptr);
    CHECK(plain.at("decap").at("dscp") == "keep");
    CHECK(plain.at("decap").at("permit") == nullptr);
    CHECK(plain.at("decap").at("class") == "inner");
    CHECK(plain.at("decap").at("ecn") == "native");
    // What a model says is in effect, whoever has said it.
    const json gre3 = f.result("show.tunnels", {{"name", "gre3"}}).at("tunnels").at(0);
    CHECK(gre3.at("encap").at("dscp") == json{{"table", "wan"}});
    CHECK(gre3.at("decap").at("class") == "outer");
}

TEST_CASE("what is not saved is a text a change") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    f.result("config.set", {{"config", many()}});
    CHECK(f.result("config.unsaved").at("changes").size() > 10);
    f.result("config.save");
    CHECK(f.result("config.unsaved").at("changes").empty());
}
