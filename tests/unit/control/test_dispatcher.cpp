// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/tunqos.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

#include <cctype>
#include <fstream>

#include "control/dispatcher_fixture.hpp"
#include "model/json_syntax.hpp"

using namespace tunqos;
using nlohmann::json;

namespace {

// The enumerators of the module with this prefix as they are shown: "not-ip" of
// TUNQOS_REASON_NOT_IP.
std::vector<std::string> enumerators(const std::string& prefix) {
    std::ifstream header(TUNQOS_UAPI);
    REQUIRE(header);
    std::vector<std::string> names;
    for (std::string line; std::getline(header, line);) {
        if (line.rfind('\t' + prefix, 0) != 0 || line.back() != ',') continue;
        std::string name = line.substr(prefix.size() + 1);
        name.erase(name.find_first_of(" ,"));
        for (char& c : name)
            c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
        if (name != "mask") names.push_back(name); // all of them
    }
    return names;
}

} // namespace

TEST_CASE("what is no request is answered with JSON-RPC's own errors") {
    Fixture f;
    CHECK(f.raw_error("") == rpc::parse_error);
    CHECK(f.raw_error("nonsense") == rpc::parse_error);
    CHECK(f.raw_error("\xff\xfe") == rpc::parse_error);
    CHECK(f.raw_error(std::string(1000000, '[')) == rpc::parse_error);
    CHECK(f.raw_error(R"({"id": 1, "id": 2})") == rpc::parse_error);
    CHECK(f.raw_error("[]") == rpc::invalid_request);
    CHECK(f.raw_error("7") == rpc::invalid_request);
    CHECK(f.raw_error(R"({"id": 1, "method": "version"})") == rpc::invalid_request);
    CHECK(f.raw_error(R"({"jsonrpc": "2.0", "id": {}, "method": "version"})") ==
          rpc::invalid_request);
    CHECK(f.raw_error(R"({"jsonrpc": "2.0", "id": 1, "method": 5})") == rpc::invalid_request);
    CHECK(f.raw_error(R"({"jsonrpc": "2.0", "id": 1, "method": "version", "params": [1]})") ==
          rpc::invalid_params);
    CHECK(f.error("reboot").at("code") == rpc::method_not_found);
    // A notification has no answer.
    CHECK(f.dispatcher.answer(R"({"jsonrpc": "2.0", "method": "version"})", Right::read) == "");
}

TEST_CASE("wrong parameters are named") {
    Fixture f;
    CHECK(f.error("config.get", {{"source", "flash"}}).at("code") == rpc::invalid_params);
    CHECK(f.error("config.get", {{"source", 5}}).at("message") ==
          "params / source: must be a text");
    CHECK(f.error("config.set").at("message") == "params / config: is missing");
    CHECK(f.error("config.set", {{"config", full_json()}, {"generation", "x"}}).at("code") ==
          rpc::invalid_params);
    CHECK(f.error("config.set", {{"config", full_json()}, {"check", 1}}).at("code") ==
          rpc::invalid_params);
    CHECK(f.error("show.tunnels", {{"name", "gre9"}}).at("message") ==
          "gre9 has no tunnel profile; see show tunnel");
}

TEST_CASE("an answer is written as the library writes it") {
    const auto same = [](const json& value) {
        CHECK(to_line(value) == value.dump(-1, ' ', false, json::error_handler_t::replace));
    };
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "z";
        same(text);
        same(json{{text, byte}});
    }
    for (const char* text : {"", "\"", "caf\xc3\xa9", "caf\xc3", "\xf0\x9f\x9a\x80", "\xc2\x9b"})
        same(json{1, text, text});
    same(json::object());
    same(json::array());
    same({{"none", json::array()}, {"no", json::object()}, {"null", nullptr}, {"yes", true}});
    same({{"low", INT64_MIN}, {"high", UINT64_MAX}, {"part", 0.1}, {"zero", 0}, {"minus", -1}});
    same(full_json());
}

TEST_CASE("a change names the objects that it is about") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    const auto change = [&](const char* config, bool check = false) {
        return json{{"config", json::parse(config)}, {"check", check}};
    };
    const char* const some = R"({"version": 1,
        "interfaces": {"gre1": null, "eth1.20": {}, "gre7": {"tunnel": {}}, "gone": null},
        "cryptoMaps": {"vpn 10": null}, "tableMaps": {"lan": null, "new": {"default": "ef"}}})";
    Config want = samples::full();
    want.interfaces.erase("gre1");
    want.interfaces.erase("eth1.20");
    want.interfaces["gre7"].tunnel = TunnelProfile{};
    want.crypto_maps.clear();
    want.table_maps.erase("lan");
    want.table_maps["new"] = samples::table_map({}, TableDefault::value, 46);

    CHECK(f.result("config.change", change(some, true)).at("changes").size() == 6);
    CHECK(f.manager.running() == samples::full());
    CHECK(f.result("config.change", change(some)).at("changes").size() == 6);
    CHECK(f.manager.running() == want);
    // One problem, with its path: what is not named is not missing.
    const json bad = f.error("config.change", change(R"({"version": 1, "interfaces": {
        "a": {"tunnel": {"encap": {"dscp": {"table": "cos"}}, "x": 1}}}})"));
    CHECK(bad.at("code") == rpc::invalid_config);
    REQUIRE(bad.at("data").at("problems").size() == 1);
    CHECK(bad.at("data").at("problems")[0].at("path") == "interfaces / a / tunnel / x");
    CHECK(f.error("config.change", change(R"({"version": 1, "cryptoMaps": {"vpn": null}})"))
              .at("code") == rpc::invalid_config);
    CHECK(f.error("config.set", change(R"({"version": 1, "interfaces": {"gre7": null}})"))
              .at("code") == rpc::invalid_config);
    CHECK(f.error("config.change").at("code") == rpc::invalid_params);
    CHECK(f.manager.running() == want);
}

TEST_CASE("who may only read changes nothing") {
    Fixture f;
    for (const char* method : {"config.set", "config.change", "config.save", "config.reload"})
        CHECK(f.error(method, {{"config", full_json()}}, Right::read).at("code") ==
              rpc::not_permitted);
    for (const char* method : {"version", "config.get", "show.tunnels", "show.ports"})
        CHECK(f.call(method, json::object(), Right::read).contains("result"));
    CHECK(f.manager.running() == Config{});
}

TEST_CASE("a configuration goes in and comes out") {
    Fixture f;
    const json set = f.result("config.set", {{"config", full_json()}, {"generation", 100}});
    CHECK(set.at("generation") == 101);
    CHECK(set.at("changes").size() == 7);
    CHECK(set.at("warnings").empty());
    const json got = f.result("config.get");
    CHECK(got.at("config") == full_json());
    CHECK(got.at("generation") == 101);
    CHECK(f.error("config.set", {{"config", full_json()}, {"generation", 100}}).at("code") ==
          rpc::stale);
    for (const json& absent :
         {f.error("config.get", {{"source", "startup"}}), f.error("config.reload")}) {
        CHECK(absent.at("code") == rpc::io_error);
        CHECK(absent.at("message") == f.manager.file().path() +
                                          ": startup-config is not present: there is no such "
                                          "file; write memory makes it");
    }
    f.result("config.save");
    CHECK(f.result("config.get", {{"source", "startup"}}).at("config") == full_json());
    CHECK(f.result("config.reload").at("changes").empty());
}

TEST_CASE("all problems of a configuration come at once, the first as the message") {
    Fixture f;
    json config = full_json();
    config["tableMaps"].erase("wan");
    config["tableMaps"].erase("cos");
    const json error = f.error("config.set", {{"config", config}});
    CHECK(error.at("code") == rpc::invalid_config);
    CHECK(error.at("data").at("problems").size() == 2);
    CHECK(error.at("message") ==
          "interface eth1.10 / set cos dscp: there is no table-map cos; define it, or "
          "change this setting before removing it");
    f.result("config.set", {{"config", full_json()}});
    CHECK(f.error("config.set", {{"config", config}}).at("message") ==
          "table-map cos: is used by interface eth1.10 / set cos dscp; take it off there first "
          "(no set cos dscp), or use another table-map there");
    config["interfaces"]["gre1"]["tunnel"]["encap"] = 5;
    CHECK(f.error("config.set", {{"config", config}}).at("message") ==
          "interfaces / gre1 / tunnel / encap: must be an object, not 5");
}

TEST_CASE("a tunnel whose packets are redirected on ingress has a warning") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    const auto warnings = [&] {
        return f.result("show.tunnels", {{"name", "gre1"}}).at("tunnels").at(0).at("warnings");
    };
    f.surroundings.classifiers_of[0] = {
        {kernel::Side::ingress, kernel::Act::redirects, "matchall"}};
    CHECK(warnings().empty()); // there is no such device
    f.links.kinds["gre1"] = "gre";
    REQUIRE(warnings().size() == 1);
    CHECK(warnings()[0].get<std::string>().starts_with(
        "interface gre1: a tc filter redirects packets on its ingress"));
    f.links.kinds["gre1"] = "xfrm";
    CHECK(warnings().empty());
    f.links.kinds["gre1"] = "gre";
    f.result(
        "config.change",
        {{"config", {{"version", 1}, {"interfaces", {{"gre1", {{"tunnel", json::object()}}}}}}}});
    CHECK(warnings().empty()); // nothing to do at decap
}

TEST_CASE("show.watch has all that is watched, and what is seen of it with whose it is") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    const auto entry = [&](planner::Watched what) {
        const json list = f.result("show.watch").at("watched");
        REQUIRE(list.size() == planner::watched_count);
        return list.at(static_cast<std::size_t>(what));
    };
    for (const auto& one : planner::watch_list) {
        const json shown = entry(one.what);
        CHECK(shown.at("what") == one.name);
        CHECK(shown.at("state") == "not-seen");
        CHECK(shown.at("findings").empty());
        const auto remedy = shown.at("remedy").get<std::string>();
        CHECK(!remedy.empty());
        CHECK(remedy.find('{') == std::string::npos);
    }
    f.links.kinds["gre1"] = "gre";
    f.surroundings.classifiers_of[0] = {
        {kernel::Side::ingress, kernel::Act::redirects, "matchall"}};
    kernel::Sa sa;
    sa.direction = kernel::Sa::Direction::in;
    sa.source = "203.0.113.2"; // the peer of crypto map vpn 10
    sa.destination = "192.0.2.1";
    sa.protocol = IPPROTO_ESP;
    sa.mode = XFRM_MODE_TUNNEL;
    sa.decap_dscp = true;
    f.sas.list = {sa};
    const json redirect = entry(planner::Watched::tc_redirect);
    CHECK(redirect.at("state") == "seen");
    REQUIRE(redirect.at("findings").size() == 1);
    CHECK(redirect.at("findings")[0].at("object") == "interface gre1");
    CHECK(redirect.at("findings")[0].at("text") ==
          f.result("show.tunnels", {{"name", "gre1"}}).at("tunnels").at(0).at("warnings").at(0));
    const json copied = entry(planner::Watched::sa_decap_dscp);
    CHECK(copied.at("state") == "seen");
    REQUIRE(copied.at("findings").size() == 1);
    CHECK(copied.at("findings")[0].at("object") == "crypto map vpn 10");
    CHECK(f.result("show.watch").at("problems").empty());

    f.sas.permitted = false;
    f.surroundings.failure = kernel::Error{kernel::Error::Kind::not_permitted, {{"", "no tc"}}};
    CHECK(entry(planner::Watched::sa_decap_dscp).at("state") == "unknown");
    CHECK(entry(planner::Watched::tc_redirect).at("state") == "unknown");
    CHECK(f.result("show.watch").at("problems") == json{"no tc", "the list of SAs cannot be read"});
}

TEST_CASE("show.watch says what takes connections past rules") {
    Fixture f;
    f.kernel.module.capabilities = TUNQOS_CAPABILITY_MASK;
    f.surroundings.tables = {{"inet filter ft", false, {"wan"}, {}}};
    const auto findings = [&] {
        constexpr auto index = static_cast<std::size_t>(planner::Watched::rule_flowtable);
        return f.result("show.watch").at("watched").at(index).at("findings");
    };
    CHECK(findings().empty());
    Config config;
    config.rules[10].match.from = "lan0";
    REQUIRE(f.manager.set(config, std::nullopt, Manager::Mode::apply));
    REQUIRE(findings().size() == 1);
    CHECK(findings()[0].at("object") == "qos rules");
    CHECK(findings()[0].at("place") == "flowtable inet filter ft");
}

TEST_CASE("an entry that takes a class away has a warning, whichever of the two comes last") {
    Fixture f;
    json config = full_json();
    config["cryptoMaps"]["vpn 10"]["tunnel"].erase("preClassify");
    REQUIRE(f.result("config.set", {{"config", config}}).at("warnings").empty());
    const auto warnings = [&](const char* name) {
        return f.result("show.tunnels", {{"name", name}}).at("tunnels").at(0).at("warnings");
    };
    CHECK(warnings("vpn 10").empty());
    json gre = config["interfaces"]["gre1"];
    gre["tunnel"]["preClassify"] = true;
    const json change = {{"version", 1}, {"interfaces", {{"gre1", gre}}}};
    const json said = f.result("config.change", {{"config", change}}).at("warnings");
    REQUIRE(said.size() == 1);
    CHECK(said[0].get<std::string>().starts_with("crypto map vpn 10: has no qos pre-classify"));
    REQUIRE(warnings("vpn 10").size() == 1);
    CHECK(warnings("vpn 10")[0].get<std::string>().starts_with("has no qos pre-classify"));
    CHECK(warnings("gre1").empty());
    const json map = {{"version", 1}, {"cryptoMaps", {{"vpn 10", config["cryptoMaps"]["vpn 10"]}}}};
    CHECK(f.result("config.change", {{"config", map}}).at("warnings") == said);
    CHECK(f.result("config.set", {{"config", full_json()}}).at("warnings").empty());
    CHECK(warnings("vpn 10").empty());
}

TEST_CASE("show joins the configuration with what the module says") {
    Fixture f;
    json config = full_json();
    config["cryptoMaps"]["vpn 20"] = json::object();
    f.result("config.set", {{"config", config}});
    const json tunnels = f.result("show.tunnels").at("tunnels");
    REQUIRE(tunnels.size() == 3);
    CHECK(tunnels[0] == json::parse(R"({
        "name": "gre1", "binding": "device", "kind": "gre", "model": "custom", "state": "active",
        "hooks": ["outer"], "preClassify": false, "warnings": [],
        "problem": null, "peer": null, "match": null, "controlDscp": null, "diffservMode": null,
        "notes": [], "acting": [], "saWarnings": [],
        "encap": {"dscp": {"table": "wan"}, "byKernel": false, "innerDscp": "keep",
                  "ecn": "native", "singleAggregate": null,
                  "packets": 7, "written": 0, "leftAlone": 0, "dropped": 0},
        "decap": {"dscp": {"table": "lan"}, "permit": null, "class": "inner", "ecn": "native",
                  "gro": "exact",
                  "packets": 0, "written": 0, "leftAlone": 0, "dropped": 0}})"));
    CHECK(tunnels[1].at("name") == "vpn 10");
    CHECK(tunnels[1].at("binding") == "ipsec");
    CHECK(tunnels[1].at("peer") == "203.0.113.2");
    CHECK(tunnels[1].at("model") == "uniform");
    CHECK(tunnels[1].at("encap").at("byKernel") == true);
    CHECK(tunnels[1].at("decap").at("permit") == "0-47");
    CHECK(tunnels[1].at("state") == "no-sa");
    CHECK(tunnels[2].at("state") == "incomplete");
    CHECK(f.result("show.tunnels", {{"name", "vpn 10"}}).at("tunnels").size() == 1);

    const json ports = f.result("show.ports").at("ports");
    REQUIRE(ports.size() == 2);
    CHECK(ports[0].at("state") == "failed");
    CHECK(ports[0].at("problem") == "not a VLAN device");
    CHECK(ports[0].at("port") == json{{"cos", {{"table", "cos"}}}});
    CHECK(ports[0].at("vid") == 10);
    CHECK(ports[1].at("port") == json{{"cos", "dscp"}});

    f.kernel.packets_left_alone = {{5, 12}, {99, 1}};
    CHECK(f.result("show.reasons") == json::parse(R"({"reasons": [
        {"reason": "not-permitted", "packets": 12}, {"reason": "reason-99", "packets": 1}]})"));
}

TEST_CASE("decap without a permit list is refused on a device of IPsec, and what to type is said") {
    Fixture f;
    json config = {{"version", 1}};
    for (const char* name : {"ipsec0", "vti0", "vti60", "gre1", "unknown"})
        config["interfaces"][name]["tunnel"]["decap"]["dscp"] = "copy";
    f.links.kinds = {{"ipsec0", "xfrm"}, {"vti0", "vti"}, {"vti60", "vti6"}, {"gre1", "gre"}};
    for (const char* method : {"config.set", "config.change"}) {
        const json error = f.error(method, {{"config", config}});
        CHECK(error.at("code") == rpc::invalid_config);
        CHECK(error.at("data").at("problems").size() == 3);
        const auto message = error.at("message").get<std::string>();
        CHECK(message.find("interface ipsec0 / tunnel decap dscp: copy needs a permit list") == 0);
        CHECK(message.find("tunnel decap dscp copy permit 0-47") != std::string::npos);
        CHECK(f.manager.running() == Config{});
    }
    for (auto& interface : config["interfaces"])
        interface["tunnel"]["decap"]["permit"] = "0-47";
    f.result("config.change", {{"config", config}});
    // A device that came later does not stand in the way of others.
    config["interfaces"]["unknown"]["tunnel"]["decap"].erase("permit");
    f.result("config.set", {{"config", config}});
    f.links.kinds["unknown"] = "xfrm";
    config["interfaces"]["gre1"]["description"] = "other";
    f.result("config.set", {{"config", config}});
}

TEST_CASE("the class of WireGuard's own packets is refused on other devices") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    json config = {{"version", 1}};
    for (const char* name : {"wg0", "gre1", "eth0", "unknown"})
        config["interfaces"][name]["tunnel"]["controlDscp"] = "cs6";
    f.links.kinds = {{"wg0", "wireguard"}, {"gre1", "gre"}, {"eth0", ""}};
    const json problems = f.error("config.set", {{"config", config}}).at("data").at("problems");
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].at("path") == "interface eth0 / tunnel control dscp");
    CHECK(problems[0].at("message") == "is for WireGuard interfaces, and this one is not");
    CHECK(problems[1].at("message") == "is for WireGuard interfaces, and this one is of kind gre");
    config["interfaces"].erase("gre1");
    config["interfaces"].erase("eth0");
    f.result("config.set", {{"config", config}});
}

TEST_CASE("what cannot be merged right is refused on WireGuard") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    json config = {{"version", 1}};
    for (const char* name : {"wg0", "gre1", "unknown"})
        config["interfaces"][name]["tunnel"]["decap"]["gro"] = "merge";
    f.links.kinds = {{"wg0", "wireguard"}, {"gre1", "gre"}};
    const json problems = f.error("config.set", {{"config", config}}).at("data").at("problems");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].at("path") == "interface wg0 / tunnel decap gro");
    config["interfaces"]["wg0"]["tunnel"]["decap"]["gro"] = "exact";
    f.result("config.set", {{"config", config}});
}

TEST_CASE("show has what a crypto map matches, and a single aggregate") {
    Fixture f;
    json config = full_json();
    json& map = config["cryptoMaps"]["vpn 10"];
    map.erase("peer");
    map["match"] = {{"local", "192.0.2.1"}, {"reqid", 5}, {"mark", "0x1/0xf"}, {"spi", "0x1001"}};
    map["tunnel"]["encap"]["singleAggregate"] = "af4";
    f.kernel.module.capabilities = ~0ULL;
    f.result("config.set", {{"config", config}});
    const json tunnel = f.result("show.tunnels", {{"name", "vpn 10"}}).at("tunnels").at(0);
    CHECK(tunnel.at("match") == map["match"]);
    CHECK(tunnel.at("peer") == nullptr);
    CHECK(tunnel.at("model") == "custom");
    CHECK(tunnel.at("encap").at("singleAggregate") == "af4");
    CHECK(tunnel.at("encap").at("byKernel") == false);
    // A module that does not know it says so in our words, and nothing has changed.
    f.kernel.module.capabilities = 0x3f;
    ++f.kernel.module.instance;
    map["match"]["reqid"] = 6;
    const json error = f.error("config.set", {{"config", config}});
    CHECK(error.at("code") == rpc::kernel_refused);
    CHECK(error.at("message").get<std::string>().find(
              "crypto map vpn 10: match local is not known to the module") == 0);
    CHECK(f.result("show.tunnels", {{"name", "vpn 10"}}).at("tunnels")[0]["match"]["reqid"] == 5);
}

TEST_CASE("show has inner DSCP, ECN and control DSCP") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    json config = full_json();
    json& tunnel = config["interfaces"]["gre1"]["tunnel"];
    const auto shown = [&](const char* encap, const char* decap) {
        tunnel["encap"] = json::parse(encap);
        tunnel["decap"] = json::parse(decap);
        f.result("config.set", {{"config", config}});
        return f.result("show.tunnels", {{"name", "gre1"}}).at("tunnels").at(0);
    };
    tunnel["controlDscp"] = "cs6";
    json status = shown(R"({"innerDscp": {"set": 0}, "ecn": "compatibility"})", "{}");
    CHECK(status.at("encap").at("innerDscp") == json{{"set", "default"}});
    CHECK(status.at("encap").at("ecn") == "compatibility");
    CHECK(status.at("decap").at("ecn") == "native");
    CHECK(status.at("controlDscp") == "cs6");
    status = shown(R"({"innerDscp": {"table": "lan"}, "ecn": "rfc6040"})", R"({"ecn": "rfc6040"})");
    CHECK(status.at("encap").at("innerDscp") == json{{"table", "lan"}});
    CHECK(status.at("encap").at("ecn") == "rfc6040");
    CHECK(status.at("decap").at("ecn") == "rfc6040");
}

TEST_CASE("every reason, capability and hook of the module has its name") {
    Fixture f;
    const auto reasons = enumerators("TUNQOS_REASON_");
    REQUIRE(reasons.size() > 10);
    for (std::uint32_t i = 0; i < reasons.size(); ++i)
        f.kernel.packets_left_alone.push_back({i, 1});
    const json shown = f.result("show.reasons").at("reasons");
    for (std::size_t i = 0; i < reasons.size(); ++i)
        CHECK(shown.at(i).at("reason") == reasons[i]);

    const auto capabilities = enumerators("TUNQOS_CAPABILITY_");
    REQUIRE(capabilities.size() > 10);
    f.kernel.module.capabilities = (1ULL << capabilities.size()) - 1;
    CHECK(f.result("version").at("module").at("capabilities") == json(capabilities));

    const auto hooks = enumerators("TUNQOS_HOOK_");
    REQUIRE(hooks.size() > 5);
    f.kernel.hooks = (1U << hooks.size()) - 1;
    f.result("config.set", {{"config", full_json()}});
    CHECK(f.result("show.tunnels").at("tunnels").at(0).at("hooks") == json(hooks));
}

TEST_CASE("a port shows what becomes of the DSCP of what it receives") {
    Fixture f;
    f.kernel.module.capabilities = ~0ULL;
    json config = full_json();
    config["qosMaps"] = {{"cosDscp", {0, 8, 16, 24, 32, 46, 48, 56}},
                         {"dscpCos", {{"ef", 6}}},
                         {"dscpMutations", {{"edge", {{"af41", 26}}}}}};
    config["interfaces"]["eth2"] = {{"mlsQos", {{"trust", "cos"}, {"cos", 3}}}};
    config["interfaces"]["eth3"] = {{"mlsQos", {{"trust", "dscp"}}}};
    config["interfaces"]["eth4"] = {{"setDscp", {{"dscp", {{"table", "lan"}}}}}};
    config["interfaces"]["eth5"] = {{"setDscp", {{"dscp", {{"set", "ef"}}}}},
                                    {"mark", {{"mask", "0x3f"}}}};
    config["interfaces"]["eth6"] = {
        {"mlsQos", {{"trust", "dscp"}, {"dscpMutation", "edge"}, {"override", false}}}};
    f.result("config.set", {{"config", config}});
    config["interfaces"]["eth6"]["mlsQos"].erase("override");
    CHECK(f.result("config.get").at("config") == config);
    const auto port = [&](const char* name) {
        return f.result("show.ports", {{"name", name}}).at("ports").at(0);
    };
    const json trusting = port("eth2");
    CHECK(trusting.at("mlsQos") == json::parse(R"({"trust": "cos", "cos": 3, "override": false,
                                                  "dscpMutation": null})"));
    CHECK(trusting.at("setDscp").is_null());
    CHECK(trusting.at("ingress").is_object());
    CHECK(trusting.at("egress").is_null());
    CHECK(f.kernel.state.ports.contains("eth2"));
    // what leaves all packets as they are has no port in the module, and is in effect
    for (const char* name : {"eth3", "eth4"}) {
        CHECK_FALSE(f.kernel.state.ports.contains(name));
        CHECK(port(name).at("state") == "active");
        CHECK(port(name).at("problem").is_null());
        CHECK(port(name).at("ingress").is_null());
    }
    CHECK(port("eth5").at("setDscp") ==
          json::parse(R"({"dscp": {"set": "ef"}, "override": false})"));
    CHECK(port("eth6").at("mlsQos").at("dscpMutation") == "edge");
    CHECK(f.result("show.ports").at("ports").size() == 7);

    // a changed map is sent to the ports that it is for
    const std::uint64_t before = f.result("config.get").at("generation");
    f.result("config.change", {{"config", {{"version", 1}, {"qosMaps", {{"cosDscp", nullptr}}}}}});
    CHECK((*f.kernel.state.ports.at("eth2").arrival_dscp)[10] == 40);
    CHECK(f.result("config.get").at("generation") == before + 1);
    CHECK_FALSE(f.result("config.get").at("config").at("qosMaps").contains("cosDscp"));
}

TEST_CASE("without the module everything configured is still shown") {
    Fixture f;
    f.result("config.set", {{"config", full_json()}});
    f.kernel.loaded = false;
    f.links.kinds["gre1"] = "gre";
    const json tunnel = f.result("show.tunnels").at("tunnels").at(0);
    CHECK(tunnel.at("state") == "no-module");
    CHECK(tunnel.at("kind") == "gre");
    CHECK(f.result("show.ports").at("ports").at(0).at("state") == "no-module");
    CHECK(f.error("show.reasons").at("code") == rpc::no_module);
    CHECK(f.result("version").at("module").at("loaded") == false);
}

TEST_CASE("version says what runs where") {
    Fixture f;
    const json version = f.result("version");
    CHECK(version.at("netns") == json{{"inode", 4026531833}, {"name", "blue"}});
    CHECK(version.at("module") ==
          json::parse(R"({"loaded": true, "release": "0.1.0", "srcversion": "ABC", "generation": 1,
            "classTag": 5, "problem": null, "capabilities":
            ["gre", "ipip", "sit", "ipsec", "pre-classify", "vlan-egress"]})"));
    CHECK(version.at("configFile") == f.directory.path() + "/tunqos.json");
}
