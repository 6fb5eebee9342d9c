// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/watch.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "kernel/fake_kernel.hpp"

using namespace tunqos;
using kernel::Act;
using kernel::Side;
using planner::Finding;
using planner::Watched;

namespace {

constexpr int tun = 7, wan = 2, port = 3, lower = 4;

// tun goes by wan, wan10 is a VLAN device on it.
struct World {
    kernel::FakeLinks links;
    kernel::FakeSurroundings surroundings;
    TunnelProfile profile;

    explicit World(const char* kind = "gre") {
        links.details["tun"] = {.index = tun, .kind = kind, .lower = wan};
        links.details["wan"] = {.index = wan};
        links.details["lan.10"] = {.index = port, .kind = "vlan", .lower = lower};
        links.details["lan"] = {.index = lower};
        links.below["lan.10"] = {"lan"};
        links.below["bond0"] = {"eth0", "eth1"};
    }
    void classifier(int index, Side side, Act act, const char* kind = "matchall") {
        surroundings.classifiers_of[index].push_back({side, act, kind});
    }
    std::vector<Finding> look() {
        return planner::Watcher(links, surroundings).tunnel("tun", profile);
    }
    std::vector<Watched> found() { return whats(look()); }
    std::vector<Watched> at_port(const Interface& interface, bool by_class = true) {
        return whats(planner::Watcher(links, surroundings).port("lan.10", interface, by_class));
    }
    static std::vector<Watched> whats(const std::vector<Finding>& findings) {
        std::vector<Watched> list;
        for (const auto& finding : findings)
            list.push_back(finding.what);
        return list;
    }
};

using Whats = std::vector<Watched>;

} // namespace

TEST_CASE("the list has each thing once, with a name of its own and a remedy", "[watch]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < planner::watched_count; ++i) {
        const auto& entry = planner::watch_list[i];
        INFO(entry.name);
        CHECK(entry.what == static_cast<Watched>(i));
        CHECK(names.insert(entry.name).second);
        CHECK_FALSE(entry.where.empty());
        CHECK_FALSE(entry.harm.empty());
        CHECK_FALSE(entry.remedy.empty());
    }
}

TEST_CASE("tunqos(7) has the list, in its order and with its levels", "[watch]") {
    std::ifstream page(TUNQOS_CONCEPTS);
    std::stringstream text;
    text << page.rdbuf();
    std::string listed = text.str();
    const auto begin = listed.find(".Ss What else acts on marks");
    REQUIRE(begin != std::string::npos);
    listed = listed.substr(begin, listed.find("\n.S", begin + 1) - begin);
    std::vector<std::string> in_page, in_code;
    const std::regex item("\\n\\.It Cm ([a-z-]+) Pq ([a-z]+)");
    for (std::sregex_iterator at(listed.begin(), listed.end(), item), end; at != end; ++at)
        in_page.push_back((*at)[1].str() + ' ' + (*at)[2].str());
    for (const auto& entry : planner::watch_list)
        in_code.push_back(std::string(entry.name) +
                          (entry.level == planner::Level::warning ? " warning" : " note"));
    CHECK(in_page == in_code);
}

TEST_CASE("a device that copies the outer DSCP itself", "[watch]") {
    World world("ip6tnl");
    CHECK(world.found().empty());
    world.links.details["tun"].copies_dscp = true;
    CHECK(world.found() == Whats{Watched::device_decap_dscp}); // keep
    world.profile.decap.dscp = DecapDscp::copy;
    CHECK(world.found().empty()); // the same
    world.profile.decap.permit = DscpSet{};
    CHECK(world.found() == Whats{Watched::device_decap_dscp});
    world.profile.decap = {{DecapDscp::table, "wan"}, {}, DecapClass::inner};
    const auto findings = world.look();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].place == "interface tun");
    CHECK(findings[0].text.starts_with("interface tun: the device has dscp inherit"));
    CHECK(findings[0].text.find("ip link del tun, ip link add tun type ip6tnl") !=
          std::string::npos);
}

TEST_CASE("in front of decap on the tunnel's ingress", "[watch]") {
    World world;
    world.classifier(tun, Side::ingress, Act::redirects);
    world.classifier(tun, Side::ingress, Act::overwrites);
    world.classifier(tun, Side::ingress, Act::unknown, "bpf");
    world.links.details["tun"].has_xdp = true;
    world.surroundings.lists = {"tun"};
    CHECK(world.found().empty()); // nothing is done there
    world.profile.decap.queue_by = DecapClass::outer;
    CHECK(world.found() == Whats{Watched::tc_redirect, Watched::tc_arrived, Watched::tc_program,
                                 Watched::xdp_program, Watched::gro_list});
    CHECK(world.look()[2].text.find("a program (bpf) runs on its ingress") != std::string::npos);
    CHECK(world.look()[4].text.find("ethtool -K tun rx-gro-list off") != std::string::npos);
    for (const char* kind : {"xfrm", "vti", "vti6"}) {
        world.links.details["tun"].kind = kind;
        CHECK(world.found().empty()); // done before the device
    }
    world.links.details["tun"].kind = "gre";
    world.profile.decap = {};
    world.profile.options.decap_ecn = DecapEcn::rfc6040;
    CHECK(world.found().empty()); // the driver does that
    world.links.details["tun"].kind = "";
    CHECK_FALSE(world.found().empty());
    world.links.details["tun"].kind = "wireguard";
    CHECK_FALSE(world.found().empty());
}

TEST_CASE("in front of decap on the link under the tunnel", "[watch]") {
    World world;
    world.profile.decap.dscp = DecapDscp::copy;
    world.classifier(wan, Side::ingress, Act::redirects); // an IFB brings it back
    CHECK(world.found().empty());
    world.links.details["wan"].has_xdp = true;
    world.surroundings.lists = {"wan"};
    CHECK(world.found() == Whats{Watched::xdp_program, Watched::gro_list});
    CHECK(world.look()[0].place == "interface wan");
    world.links.details["wan"].has_xdp = false;
    world.surroundings.xdp = {wan};
    CHECK(world.found() == Whats{Watched::xdp_program, Watched::gro_list});
    world.profile.decap = {};
    CHECK(world.found().empty());
}

TEST_CASE("what writes over the class of qos pre-classify", "[watch]") {
    World world;
    world.classifier(wan, Side::egress, Act::overwrites);
    world.classifier(wan, Side::egress, Act::redirects);
    CHECK(world.found().empty());
    world.profile.pre_classify.enabled = true;
    CHECK(world.found() == Whats{Watched::tc_class});
    CHECK(world.look()[0].text.find("or use qos pre-classify via priority, or via mark") !=
          std::string::npos);
    world.classifier(wan, Side::egress, Act::unknown, "tcx");
    CHECK(world.found() == Whats{Watched::tc_class, Watched::tc_program});
    world.profile.pre_classify.table = "prio"; // skb->priority: nobody touches it
    CHECK(world.found().empty());
}

TEST_CASE("a tunnel that is tied to no link goes where the route goes, and what is under that",
          "[watch]") {
    World world;
    world.profile.pre_classify.enabled = true;
    world.links.details["tun"].lower = 0;
    world.links.details["tun"].remote = "198.51.100.1";
    world.links.details["bond0"] = {.index = 10, .kind = "bond"};
    world.links.details["eth0"] = {.index = 11, .master = 10};
    world.links.details["eth1"] = {.index = 12, .master = 10};
    world.classifier(12, Side::egress, Act::overwrites);
    CHECK(world.found().empty());
    world.surroundings.routes["198.51.100.1"] = "bond0";
    REQUIRE(world.found() == Whats{Watched::tc_class});
    CHECK(world.look()[0].place == "interface eth1");

    CryptoMap map;
    map.match.peer = "198.51.100.1";
    planner::Watcher watcher(world.links, world.surroundings);
    CHECK(watcher.crypto_map(map).empty());
    map.tunnel.pre_classify.enabled = true;
    CHECK(World::whats(watcher.crypto_map(map)) == Whats{Watched::tc_class});
}

TEST_CASE("a filter on the egress of an xfrm device has the decision in its hands", "[watch]") {
    World world("xfrm");
    world.classifier(tun, Side::egress, Act::overwrites);
    CHECK(world.found().empty()); // copy: the kernel does it
    world.profile.encap.dscp = EncapDscp::set;
    CHECK(world.found() == Whats{Watched::tc_class});
    world.links.details["tun"].kind = "gre"; // decided behind the device
    CHECK(world.found().empty());
}

TEST_CASE("flowtables that open tunnels", "[watch]") {
    World world("ipip");
    world.surroundings.tables = {{"inet filter ft", false, {"wan"}, {}}};
    world.surroundings.short_cut = kernel::Shortcut::yes;
    CHECK(world.found().empty()); // a copy is what the kernel makes as well
    world.profile.encap.dscp = EncapDscp::set;
    REQUIRE(world.found() == Whats{Watched::flowtable_tunnel});
    CHECK(world.look()[0].text.find("ip link set tun type ipip tos inherit keeps") !=
          std::string::npos);
    world.surroundings.short_cut = kernel::Shortcut::not_known;
    CHECK(world.look()[0].text.find("if this kernel can do that (Linux 6.19") != std::string::npos);
    world.surroundings.short_cut = kernel::Shortcut::no;
    CHECK(world.found().empty());
    world.surroundings.short_cut = kernel::Shortcut::yes;
    world.links.details["tun"].inherits_tos = true;
    CHECK(world.found() == Whats{Watched::device_tos_inherit});
    world.links.details["tun"] = {.index = tun, .kind = "ip6tnl", .lower = wan};
    CHECK(world.found().empty()); // the default encaplimit
    world.links.details["tun"].no_encaplimit = true;
    REQUIRE(world.found() == Whats{Watched::flowtable_tunnel});
    CHECK(world.look()[0].text.find("encaplimit 4") != std::string::npos);
    world.surroundings.tables[0].devices = {"lan", "elsewhere"};
    CHECK(world.found().empty());
    world.surroundings.tables[0].prefixes = {"tu"};
    CHECK(world.found() == Whats{Watched::flowtable_tunnel});
}

TEST_CASE("flowtables in hardware, of tunnels and ports", "[watch]") {
    World world;
    Interface interface;
    interface.port = PortProfile{};
    world.surroundings.tables = {{"inet filter ft", true, {"wan", "lan"}, {}}};
    CHECK(world.found() == Whats{Watched::flowtable_hardware});
    CHECK(world.at_port(interface) == Whats{Watched::flowtable_hardware});
    world.surroundings.tables[0].hardware = false;
    CHECK(world.found().empty());
    CHECK(world.at_port(interface).empty());
}

TEST_CASE("at a port", "[watch]") {
    World world;
    Interface cos, mark;
    cos.port = PortProfile{};
    mark.mark = MarkProfile{"", 0xfc};
    world.classifier(port, Side::egress, Act::overwrites);
    world.classifier(port, Side::ingress, Act::redirects);
    CHECK(world.at_port(cos) == Whats{Watched::tc_class});
    CHECK(world.at_port(cos, false).empty()); // it goes by the header then
    CHECK(world.at_port(mark) == Whats{Watched::tc_redirect});
    world.links.details["lan.10"].has_qos_map = true;
    CHECK(world.at_port(cos) == Whats{Watched::tc_class, Watched::vlan_qos_map});
    CHECK(planner::entry_of(Watched::vlan_qos_map).level == planner::Level::note);
}

TEST_CASE("in front of what is done to the DSCP that arrives", "[watch]") {
    World world;
    Interface trusting;
    trusting.mls_qos.trust = PortTrust::cos;
    // of a VLAN device it is done on the device under it
    world.classifier(port, Side::ingress, Act::redirects);
    CHECK(world.at_port(trusting).empty());
    world.classifier(lower, Side::ingress, Act::redirects);
    CHECK(world.at_port(trusting) == Whats{Watched::tc_redirect});
    trusting.mls_qos.trust = PortTrust::dscp;
    CHECK(world.at_port(trusting).empty()); // nothing is done
    Interface setting;
    setting.set_dscp = SetDscp{PortDscp::cos, false};
    CHECK(world.at_port(setting) == Whats{Watched::tc_redirect});
    world.links.details["lan.10"].kind = "";
    CHECK(world.at_port(setting) == Whats{Watched::tc_redirect, Watched::tc_redirect});
}

TEST_CASE("what is no harm is a note", "[watch]") {
    World world;
    world.links.details["tun"].inherits_tos = true;
    world.links.details["tun"].external = true;
    const auto findings = world.look();
    REQUIRE(World::whats(findings) == Whats{Watched::device_tos_inherit, Watched::device_external});
    for (const auto& finding : findings)
        CHECK(finding.level() == planner::Level::note);
    world.profile.encap.dscp = EncapDscp::native;
    CHECK(world.found() == Whats{Watched::device_external});
}

TEST_CASE("what takes connections past rules, or their number away", "[watch]") {
    World world;
    planner::Watcher watcher(world.links, world.surroundings);
    constexpr std::uint32_t mask = 0x00ff0000;
    CHECK(watcher.rules(mask).empty());
    world.surroundings.tables = {{"inet filter ft", false, {"wan"}, {}}};
    world.surroundings.rules =
        R"({"nftables":[{"rule":{"family":"ip","table":"user","chain":"pre","handle":7,"expr":)"
        R"([{"mangle":{"key":{"ct":{"key":"mark"}},"value":2}},)"
        R"({"xt":{"type":"target","name":"CONNMARK"}}]}}]})";
    const auto found = watcher.rules(mask);
    REQUIRE(found.size() == 3);
    CHECK(found[0].what == Watched::rule_flowtable);
    CHECK(found[0].text.find("flowtable inet filter ft forwards a connection by itself after its "
                             "first packets") == 0);
    CHECK(found[1].what == Watched::rule_ct_mark);
    CHECK(found[1].text ==
          "table ip user, chain pre, handle 7: ct mark set 0x2 erases the number of a rule, bits "
          "0xff0000 of the mark; use ct mark set ct mark & 0xff0000 | 0x2");
    CHECK(found[2].what == Watched::rule_iptables);
    world.surroundings.rules = "no JSON";
    CHECK(watcher.rules(mask).size() == 1);
}
