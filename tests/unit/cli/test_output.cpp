// SPDX-License-Identifier: GPL-2.0-or-later
//
// Renderers and output modifiers: layouts that scripts key on.
#include <cctype>
#include <fstream>

#include "cli/output.hpp"
#include "cli/render.hpp"
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

TunnelStatus gre1() {
    return tunnels_from_json(nlohmann::json::parse(R"({"tunnels": [{
        "name": "gre1", "binding": "device", "kind": "gre", "model": "custom", "state": "active",
        "hooks": ["outer", "arrived"],
        "encap": {"dscp": {"set": 46}, "byKernel": false, "packets": 18446744073709551615,
                  "written": 9, "leftAlone": 1, "dropped": 0},
        "decap": {"dscp": "copy", "permit": "0-47", "class": "outer", "packets": 5, "written": 4,
                  "leftAlone": 1, "dropped": 0},
        "preClassify": {"table": "prio"}}]})"))
        .at(0);
}

TEST_CASE("show tunnel NAME: both directions in words") {
    CHECK(render_tunnel(gre1()) ==
          "gre1 is active\n"
          "  Tunnel protocol/transport gre\n"
          "  Diffserv model custom\n"
          "  Encap: the outer DSCP is set to ef (46)\n"
          "    18446744073709551615 packets, 9 written, 1 left alone, 0 dropped\n"
          "  Decap: the inner DSCP is copied from the outer header, for outer DSCPs 0-47; packets "
          "are queued by the outer DSCP\n"
          "    5 packets, 4 written, 1 left alone, 0 dropped\n"
          "  QOS pre-classification, priority by table-map prio\n"
          "  Hooks: outer, arrived\n");
}

TEST_CASE("show tunnel NAME: where queues find the class") {
    const auto line = [](const char* json) {
        const std::string text =
            render_tunnel(tunnels_from_json(nlohmann::json::parse(
                                                R"({"tunnels": [{"name": "gre1", "preClassify": )" +
                                                std::string(json) + "}]}"))
                              .at(0));
        const auto at = text.find("  QOS");
        return text.substr(at, text.find('\n', at) - at);
    };
    CHECK(line("true") == "  QOS pre-classification");
    CHECK(line(R"({"via": "priority"})") == "  QOS pre-classification, class in the priority");
    CHECK(line(R"({"table": "tins", "handle": "1:", "via": {"mark": "0x3f00"}})") ==
          "  QOS pre-classification, priority by table-map tins, classes of 1:, class in the mark "
          "under 0x3f00");
}

TEST_CASE("what the kernel does is said") {
    TunnelStatus tunnel = gre1();
    tunnel.encap_dscp = EncapDscp::copy;
    tunnel.encap_by_kernel = true;
    const std::string text = render_tunnel(tunnel);
    CHECK(text.find("  Encap: the outer DSCP is copied from the inner header (by the kernel)\n"
                    "    ") != std::string::npos);
}

TEST_CASE("what is not at its default is said in words") {
    TunnelStatus tunnel = tunnels_from_json(nlohmann::json::parse(R"({"tunnels": [{
        "name": "wg0", "binding": "device", "kind": "wireguard", "model": "custom",
        "state": "active", "hooks": ["tunnel-egress", "outer"],
        "encap": {"dscp": "copy", "innerDscp": {"set": "default"}, "ecn": "rfc6040"},
        "decap": {"dscp": "keep", "class": "inner", "ecn": "rfc6040"},
        "preClassify": false, "controlDscp": "cs6"}]})"))
                              .at(0);
    CHECK(render_tunnel(tunnel) ==
          "wg0 is active\n"
          "  Tunnel protocol/transport wireguard\n"
          "  Diffserv model custom\n"
          "  Encap: the outer DSCP is copied from the inner header; the inner DSCP is then set to "
          "default (0); the outer ECN is the inner one (RFC 6040)\n"
          "    0 packets, 0 written, 0 left alone, 0 dropped\n"
          "  Decap: the inner DSCP is kept; packets are queued by the inner DSCP; the inner ECN "
          "takes over what the outer one says (RFC 6040)\n"
          "    0 packets, 0 written, 0 left alone, 0 dropped\n"
          "  Control: WireGuard's handshakes and keepalives have DSCP cs6 (48)\n"
          "  Hooks: tunnel-egress, outer\n");
    tunnel.encap_inner = {EncapInner::table, "wan"};
    tunnel.options.encap_ecn = EncapEcn::compatibility;
    CHECK(render_tunnel(tunnel).find(
              "copied from the inner header; the inner DSCP is then mapped by table-map wan; the "
              "outer ECN is Not-ECT (RFC 6040, compatibility mode)\n") != std::string::npos);
    // Defaults, and an older daemon that says nothing, are told no differently.
    tunnel.options.control_dscp.reset();
    tunnel.encap_inner = EncapInner::keep;
    tunnel.options = {};
    const std::string defaults = render_tunnel(tunnel);
    const auto older = nlohmann::json::parse(R"({"tunnels": [{
        "name": "wg0", "binding": "device", "kind": "wireguard", "model": "custom",
        "state": "active", "hooks": ["tunnel-egress", "outer"], "encap": {"dscp": "copy"},
        "decap": {"dscp": "keep", "class": "inner"}}]})");
    CHECK(render_tunnel(tunnels_from_json(older).at(0)) == defaults);
    CHECK(defaults.find("ECN") == std::string::npos);
    CHECK(defaults.find("then") == std::string::npos);
    CHECK(defaults.find("Control") == std::string::npos);
}

TEST_CASE("show tunnel: one line a tunnel in columns") {
    TunnelStatus vpn = gre1();
    vpn.name = "vpn 10";
    vpn.encap_dscp = {EncapDscp::table, "wan"};
    vpn.decap_dscp = DecapDscp::keep;
    vpn.permit.clear();
    CHECK(render_tunnels({gre1(), vpn}) ==
          "Tunnel  State   Model   Encap DSCP   Decap DSCP        Written  Left alone\n"
          "gre1    active  custom  set ef (46)  copy permit 0-47  13       2\n"
          "vpn 10  active  custom  table wan    keep              13       2\n");
    CHECK(render_tunnels({}) == "No tunnel is configured.\n");
}

TEST_CASE("show tunnel: a star where something acts on the marks, and what it means") {
    TunnelStatus vpn = gre1();
    vpn.name = "vpn 10";
    vpn.decap_dscp = DecapDscp::keep;
    vpn.permit.clear();
    TunnelStatus other = gre1();
    other.notes = {"is external"}; // no harm
    for (auto list : {&TunnelStatus::warnings, &TunnelStatus::sa_warnings}) {
        TunnelStatus one = vpn;
        one.*list = {"something"};
        CHECK(render_tunnels({other, one, other}) ==
              "Tunnel  State   Model   Encap DSCP   Decap DSCP        Written  Left alone\n"
              "gre1    active  custom  set ef (46)  copy permit 0-47  13       2\n"
              "vpn 10  active  custom  set ef (46)  keep              13       2           *\n"
              "gre1    active  custom  set ef (46)  copy permit 0-47  13       2\n"
              "* something acts on the marks around us: show tunnel NAME\n");
        CHECK(render_tunnel(one).find("\n  Warning: something\n") != std::string::npos);
    }
    CHECK(render_tunnel(other).find("\n  Note: is external\n") != std::string::npos);
}

TEST_CASE("show cos and show mark have the star as well") {
    PortStatus port;
    port.name = "lan.10";
    port.state = "active";
    port.cos = PortStatus::Cos{};
    port.mark = PortStatus::FromDscp{"", "0xfc", {}};
    CHECK(render_cos({port}).find('*') == std::string::npos);
    port.warnings = {"something"};
    for (const auto& text : {render_cos({port}), render_marks({port})}) {
        CHECK(text.find("  *\n* something acts on the marks around us: show interfaces NAME\n") !=
              std::string::npos);
    }
    CHECK(render_port(port).find("  Warning: something\n") != std::string::npos);
}

TEST_CASE("show table-map in the layout of IOS") {
    TableMap map{{{0, 34}, {3, 44}}, TableDefault::copy, 0};
    CHECK(render_table_map("DSCP2COS", map) ==
          " Table Map DSCP2COS\n   from 0 to 34\n   from 3 to 44\n   default copy\n\n");
    map = {{}, TableDefault::value, 8};
    CHECK(render_table_map("x", map) == " Table Map x\n   default 8\n\n");
}

TEST_CASE("show crypto map in the layout of IOS") {
    CryptoMap map;
    map.match.peer = "205.51.11.5";
    map.tunnel.pre_classify.enabled = true;
    CHECK(render_crypto_map({"vpn", 10}, map, nullptr) ==
          "Crypto Map IPv4 \"vpn\" 10 ipsec-isakmp\n"
          "        Peer = 205.51.11.5\n"
          "        Current peer: 205.51.11.5\n"
          "        Diffserv model: short-pipe\n"
          "        QOS pre-classification\n");
    map.match = {
        .spi = 0x1001, .if_id = 7, .reqid = 5, .mark = Mark{16, 255}, .local = "2001:db8::1"};
    map.tunnel = {};
    CHECK(render_crypto_map({"vpn", 10}, map, nullptr) ==
          "Crypto Map IPv6 \"vpn\" 10 ipsec-isakmp\n"
          "        Peer = any\n"
          "        Local = 2001:db8::1\n"
          "        Reqid = 5\n"
          "        If-id = 7\n"
          "        Mark = 0x10/0xff\n"
          "        SPI = 0x1001\n"
          "        Diffserv model: short-pipe\n");
    map.match = {.reqid = 5};
    CHECK(render_crypto_map({"vpn", 10}, map, nullptr)
              .starts_with("Crypto Map \"vpn\" 10 ipsec-isakmp\n        Peer = any\n"));
    map.match = {};
    CHECK(render_crypto_map({"vpn", 10}, map, nullptr)
              .starts_with("Crypto Map IPv4 \"vpn\" 10 ipsec-isakmp\n"
                           "        Peer = none: disabled until a peer has been configured\n"));
    TunnelStatus status;
    status.state = "active";
    status.warnings = {"has no qos pre-classify"};
    CHECK(render_crypto_map({"vpn", 10}, map, &status)
              .ends_with("        State: active\n        Warning: has no qos pre-classify\n"));
}

TEST_CASE("show crypto session") {
    const auto sas = sas_from_json(nlohmann::json::parse(R"({"sas": [
        {"name": "esp 0x1001 from 203.0.113.2", "direction": "in", "peer": "203.0.113.2",
         "local": "192.0.2.1", "protocol": "esp", "spi": "0x1001", "mode": "tunnel", "reqid": 5,
         "ifId": 7, "mark": "0x10/0xff", "natTraversal": true, "decapDscp": true,
         "dontEncapDscp": true, "noEcn": true, "replayWindow": 32,
         "drops": {"late": 3, "repeated": 2, "broken": 1},
         "recentDrops": {"late": 1, "repeated": 0, "broken": 0},
         "bound": "crypto map vpn 10", "warnings": ["one", "two"]},
        {"name": "ah 0x2 from 10.0.0.1 to 10.0.0.2", "direction": "unknown", "peer": "10.0.0.2",
         "local": "10.0.0.1", "protocol": "ah", "spi": "0x2", "mode": "transport", "reqid": 0,
         "replayWindow": 0, "drops": {"late": 0, "repeated": 0, "broken": 0}, "bound": null},
        {}]})"));
    REQUIRE(sas.size() == 3);
    const std::string text = render_sas({sas[0], sas[1]});
    CHECK(text == R"(Crypto session current status

Peer: 203.0.113.2 local: 192.0.2.1
  inbound esp SPI 0x1001, tunnel mode, reqid 5, if-id 7, mark 0x10/0xff
    Bound by: crypto map vpn 10
    Flags: nat-traversal, decap-dscp, dont-encap-dscp, noecn
    Replay check: window of 32 packets; dropped 3 late, 2 repeated, 1 broken (in the last 10 seconds 1 late, 0 repeated, 0 broken)
    Warning: one
    Warning: two

Peer: 10.0.0.2 local: 10.0.0.1
  direction unknown, ah SPI 0x2, transport mode, reqid 0
    Bound by: unbound
    Replay check: none; dropped 0 late, 0 repeated, 0 broken
)");
    CHECK(render_sa_notes(sas, "crypto map vpn 10") ==
          "        Warning: one\n"
          "        Warning: two\n"
          "        Replay check of SA esp 0x1001 from 203.0.113.2: window of 32 packets; dropped 3 "
          "late, 2 repeated, 1 broken (in the last 10 seconds 1 late, 0 repeated, 0 broken)\n");
    CHECK(render_sa_notes(sas, "crypto map vpn 20").empty());
    CHECK(render_sas({}) == "There is no IPsec SA.\n");
    CHECK(sas_from_json(nlohmann::json::array()).empty());
}

TEST_CASE("show interfaces names the root qdisc, and marks pre-classification as IOS does") {
    const TunnelStatus tunnel = gre1();
    Interface interface;
    interface.description = "to b";
    const std::string text =
        render_interface("gre1", {true, true, true, "htb"}, &interface, &tunnel, nullptr);
    CHECK(
        text.starts_with("gre1 is up, line protocol is up\n  Description: to b\n"
                         "  QoS state active\n"));
    CHECK(text.ends_with("  Queueing strategy: htb (QOS pre-classification)\n"));
    CHECK(render_interface("lo", {true, true, true, "noqueue"}, nullptr, nullptr, nullptr) ==
          "lo is up, line protocol is up\n  Queueing strategy: noqueue\n"
          "  No QoS setting of tunqos\n");
    CHECK(render_interface("gre1", {}, &interface, &tunnel, nullptr).find("Queueing") ==
          std::string::npos);
    CHECK(render_interface("lo", {}, nullptr, nullptr, nullptr) ==
          "lo does not exist\n  No QoS setting of tunqos\n");
}

TEST_CASE("show cos") {
    const auto ports = ports_from_json(nlohmann::json::parse(R"({"ports": [
        {"name": "eth1.10", "lower": "eth1", "vid": 10, "state": "active",
         "port": {"cos": "dscp"}, "mark": null, "ingress": null,
         "egress": {"packets": 3, "written": 2, "leftAlone": 1, "dropped": 0}},
        {"name": "eth9.1", "port": {"cos": {"table": "cos"}}, "lower": null, "vid": null,
         "state": "pending"}]})"));
    CHECK(render_cos(ports) ==
          "Interface  State    Lower  VLAN  DSCP to CoS   Written  Left alone\n"
          "eth1.10    active   eth1   10    dscp-cos map  2        1\n"
          "eth9.1     pending  -      -     cos           0        0\n");
    CHECK(render_port(ports[0]).find("Vlan ID 10, on eth1\n") != std::string::npos);
}

TEST_CASE("show mark") {
    const auto ports = ports_from_json(nlohmann::json::parse(R"({"ports": [
        {"name": "eth0", "state": "active", "hooks": ["port-ingress"],
         "port": null, "mark": {"mask": "0x3f0000"},
         "ingress": {"packets": 3, "written": 2, "leftAlone": 1}},
        {"name": "eth1.10", "state": "active", "vid": 10, "lower": "eth1",
         "port": {"cos": "dscp"}, "egress": {"packets": 9, "written": 9},
         "mark": {"table": "classes", "mask": "0x1"}, "ingress": {"packets": 5, "written": 5}},
        {"name": "eth1.20", "state": "pending", "port": {"cos": "dscp"}, "egress": {}}]})"));
    CHECK(render_marks(ports) ==
          "Interface  State   DSCP to mark  Mask      Written  Left alone\n"
          "eth0       active  the DSCP      0x3f0000  2        1\n"
          "eth1.10    active  classes       0x1       5        0\n");
    CHECK(render_cos(ports) ==
          "Interface  State    Lower  VLAN  DSCP to CoS   Written  Left alone\n"
          "eth1.10    active   eth1   10    dscp-cos map  9        0\n"
          "eth1.20    pending  -      -     dscp-cos map  0        0\n");
    CHECK(render_port(ports[0]) ==
          "eth0 is active\n"
          "  Mark: the DSCP, mask 0x3f0000\n"
          "    3 packets, 2 written, 1 left alone, 0 dropped\n"
          "  Hooks: port-ingress\n");
    CHECK(render_port(ports[1]).find("  Mark: from the DSCP by table-map classes, mask 0x1\n"
                                     "    5 packets") != std::string::npos);
    CHECK(render_marks({}) == "No interface sets the mark.\n");
    CHECK(render_cos({ports[0]}) == "No 802.1p port is configured.\n");
}

TEST_CASE("every reason of the module has advice") {
    std::ifstream header(TUNQOS_UAPI);
    REQUIRE(header);
    constexpr std::string_view prefix = "\tTUNQOS_REASON_";
    int reasons = 0;
    for (std::string line; std::getline(header, line);) {
        if (!line.starts_with(prefix) || line.back() != ',') continue;
        std::string name = line.substr(prefix.size(), line.size() - prefix.size() - 1);
        for (char& c : name)
            c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
        CAPTURE(name);
        CHECK_FALSE(reason_advice(name).empty());
        ++reasons;
    }
    CHECK(reasons > 10);
}

TEST_CASE("all that is watched is shown, with the remedy, whether it is there or not") {
    WatchStatus status;
    CHECK(render_watch(status) == "What else acts on marks: 0 of 0 watched are there\n");
    status.entries = {
        {"tc-class",
         "warning",
         "egress",
         "take it off",
         "seen",
         {{"interface gre1", "interface wan: a filter; take it off"},
          {"crypto map vpn 10", "interface wan: a filter; take it off"}}},
        {"device-external",
         "note",
         "tunnel devices",
         "use several",
         "seen",
         {{"interface vx", "interface vx: the device is external; use several"}}},
        {"gro-list", "warning", "links", "ethtool -K DEVICE rx-gro-list off", "not-seen", {}},
        {"sa-noecn", "note", "SAs", "leave out noecn", "unknown", {}}};
    status.problems = {"SAs cannot be read"};
    CHECK(render_watch(status) ==
          "What else acts on marks: 2 of 4 watched are there\n"
          "  Not all could be looked at: SAs cannot be read\n"
          "tc-class is seen\n"
          "  Looked for at egress\n"
          "  Warning for interface gre1: interface wan: a filter; take it off\n"
          "  Warning for crypto map vpn 10: interface wan: a filter; take it off\n"
          "device-external is seen\n"
          "  Looked for at tunnel devices\n"
          "  Note for interface vx: interface vx: the device is external; use several\n"
          "gro-list is not seen\n"
          "  Looked for at links\n"
          "  If it is there: ethtool -K DEVICE rx-gro-list off\n"
          "sa-noecn is not known\n"
          "  Looked for at SAs\n"
          "  If it is there: leave out noecn\n");
}

TEST_CASE("reasons without packets are not shown") {
    CHECK(render_reasons({{"not-ip", 0}}) == "No packet was left alone.\n");
    CHECK(render_reasons({{"new-one", 7}}) ==
          "Packets  Reason   What to do\n"
          "7        new-one  -\n");
}

TEST_CASE("an answer that lacks everything does not bring a renderer down") {
    const auto tunnels = tunnels_from_json(nlohmann::json::parse(R"({"tunnels": [{}, 3, null]})"));
    for (const auto& tunnel : tunnels)
        CHECK_FALSE(render_tunnel(tunnel).empty());
    CHECK(tunnels_from_json(nlohmann::json::array()).empty());
    CHECK_FALSE(render_version(version_from_json(nlohmann::json()), "1").empty());
}

TEST_CASE("output modifiers") {
    const std::string text = "one\ntwo\nthree\n";
    using Kind = Filter::Kind;
    CHECK(filter(text, {Kind::include, "o"}) == "one\ntwo\n");
    CHECK(filter(text, {Kind::include, "^t|one"}) == text);
    CHECK(filter(text, {Kind::exclude, "o"}) == "three\n");
    CHECK(filter(text, {Kind::begin, "two"}) == "two\nthree\n");
    CHECK(filter("a(b\nc\n", {Kind::include, "\\(b"}) == "a(b\n");
    CHECK(filter(text, {}) == text);
    CHECK(filter(text, {Kind::count, "o"}) == "Number of lines which match regexp = 2\n");
    CHECK(filter(text, {Kind::count, "x"}) == "Number of lines which match regexp = 0\n");
}

TEST_CASE("a pattern that is no regular expression is refused") {
    using Kind = Filter::Kind;
    for (const Kind kind : {Kind::include, Kind::exclude, Kind::begin, Kind::section, Kind::count})
        CHECK(filter_problem({kind, "["}) ==
              "\"[\" is not an extended regular expression; put a backslash before a character "
              "that is meant as it stands, as in \"\\[\"");
    for (const char* good : {"o", "^t|one", "\\[", "tunnel.*(copy|set)", "10.0.0.1"})
        CHECK_FALSE(filter_problem({Kind::include, good}));
    CHECK_FALSE(filter_problem({}));
}

TEST_CASE("a section is a line with what is indented below it") {
    using Kind = Filter::Kind;
    const std::string text =
        "!\ncrypto map a 1\n set peer x\n  deep\n tunnel tos 4\n!\ninterface b\n tunnel tos 8\n"
        "crypto map c 2\n set peer y\n";
    CHECK(filter(text, {Kind::section, "crypto"}) ==
          "crypto map a 1\n set peer x\n  deep\n tunnel tos 4\ncrypto map c 2\n set peer y\n");
    CHECK(filter(text, {Kind::section, "set peer"}) == " set peer x\n  deep\n set peer y\n");
    CHECK(filter(text, {Kind::section, "map a|peer x"}) ==
          "crypto map a 1\n set peer x\n  deep\n tunnel tos 4\n");
    CHECK(filter(text, {Kind::section, "nothing"}).empty());
}

TEST_CASE("logged changes: who, where, when, and the lines") {
    CHECK(render_changes({}) == "No change has been logged since tunqosd started.\n");
    const auto changes = changes_from_json(nlohmann::json::parse(R"({"changes": [
        {"number": 1, "index": 1, "time": 1764450000, "from": "/etc/tunqos/tunqos.json",
         "user": "tunqosd", "line": "startup", "uid": 0, "pid": null, "program": null,
         "lines": ["+interface gre1"]},
        {"number": 2, "index": 2, "time": 1764450060, "from": "console", "user": "alice",
         "line": "pts/0", "uid": 0, "pid": 4711, "program": "tunqos",
         "lines": ["interface gre1", "+ tunnel encap dscp copy"]}]})"));
    CHECK(render_changes(changes) ==
          " idx   sess           user@line      Logged command\n"
          "          1        tunqosd@startup  |! 2025-11-29 21:00:00 UTC from "
          "/etc/tunqos/tunqos.json\n"
          "    1     1        tunqosd@startup  |+interface gre1\n"
          "          2            alice@pts/0  |! 2025-11-29 21:01:00 UTC by tunqos[4711]\n"
          "    2     2            alice@pts/0  |interface gre1\n"
          "    3     2            alice@pts/0  |+ tunnel encap dscp copy\n");
}

} // namespace
} // namespace tunqos::cli
