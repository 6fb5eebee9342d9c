// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configurations of IOS, pasted as they are: which lines are done, which are refused and by whom
// they are done, which are skipped with a refused block; and that nothing lands in a block that it
// was not typed for.
#include "cli/script.hpp"
#include "paste.hpp"

namespace tunqos::cli {
namespace {

constexpr std::string_view dmvpn_spoke = R"(
-version 15.7
-service timestamps debug datetime msec
-hostname SPOKE1
 !
-crypto isakmp policy 10
. encr aes 256
. authentication pre-share
. group 14
. lifetime 3600
-crypto isakmp key SECRET address 0.0.0.0
-crypto isakmp keepalive 30 5
 !
-crypto ipsec transform-set TS esp-aes 256 esp-sha256-hmac
. mode transport
 !
-crypto ipsec profile DMVPN
. set transform-set TS
. set pfs group14
 !
-class-map match-any VOICE
. match ip dscp ef
-policy-map WAN-OUT
. class VOICE
.  priority percent 20
. class class-default
.  fair-queue
-policy-map SHAPE
. class class-default
.  shape average 10000000
.  service-policy WAN-OUT
 !
=interface Tunnel0
= description to the hub
= qos pre-classify
- bandwidth 10000
- ip address 172.16.0.2 255.255.255.0
- no ip redirects
- ip mtu 1400
- ip nhrp authentication KEY
- ip nhrp map multicast 203.0.113.1
- ip nhrp network-id 1
- ip tcp adjust-mss 1360
- tunnel source GigabitEthernet0/0
- tunnel mode gre multipoint
- tunnel key 1
- tunnel protection ipsec profile DMVPN
 !
-interface GigabitEthernet0/0
. description the provider
. ip address dhcp
. duplex auto
. speed auto
. service-policy output SHAPE
 !
-interface GigabitEthernet0/1
. description the LAN
. ip address 10.1.0.1 255.255.255.0
. no shutdown
 !
-router eigrp 100
. network 10.1.0.0 0.0.0.255
. network 172.16.0.0 0.0.0.255
. passive-interface GigabitEthernet0/1
 !
-ip route 0.0.0.0 0.0.0.0 dhcp
-line vty 0 4
. login local
. transport input ssh
=end
)";

TEST_CASE("a DMVPN spoke is pasted") {
    std::string expected;
    const Pasted pasted = paste(dmvpn_spoke, expected);
    CHECK(pasted.fates == expected);
    CHECK(pasted.running ==
          "!\ninterface Tunnel0\n description to the hub\n qos pre-classify\n!\nend\n");
    CHECK(pasted.said.find(
              "% Not done by tunqos: keys and IKE policies are the IKE daemon's (swanctl.conf). "
              "Lines up to the next command of configuration mode are skipped.\n") !=
          std::string::npos);
    CHECK(pasted.said.find("% 4 lines skipped.\n") != std::string::npos);
    CHECK(pasted.said.find("% Not done by tunqos: NHRP is done by FRR.\n") != std::string::npos);
}

// Without indentation and with exit, as a template has it; two levels of blocks.
constexpr std::string_view site_to_site = R"(
-hostname SITE-A
-crypto ikev2 proposal P1
.encryption aes-cbc-256
.integrity sha256
.group 14
=exit
-crypto ikev2 policy POL
.proposal P1
=exit
-crypto ikev2 keyring KEYS
.peer SITE-B
.address 203.0.113.2
.pre-shared-key SECRET
.exit
=exit
-crypto ipsec transform-set TS esp-aes 256 esp-sha256-hmac
.mode tunnel
=exit
-ip access-list extended GRE
.permit gre host 192.0.2.1 host 203.0.113.2
=exit
=crypto map vpn 10 ipsec-isakmp
=description to site B
=set peer 203.0.113.2
-set transform-set TS
-match address GRE
=qos pre-classify
=exit
-class-map match-all VOICE
.match dscp ef
=exit
-class-map match-all SIGNALLING
.match dscp cs3
=exit
-policy-map LLQ
.class VOICE
.priority percent 30
.exit
.class SIGNALLING
.bandwidth percent 5
.exit
.class class-default
.fair-queue
.exit
=exit
=interface Tunnel1
=description GRE to site B
-ip address 172.16.1.1 255.255.255.252
=qos pre-classify
=tunnel tos 184
-tunnel source 192.0.2.1
-tunnel destination 203.0.113.2
-keepalive 10 3
-crypto map vpn
-no crypto map vpn
=exit
-interface GigabitEthernet0/0
.description WAN
.ip address 192.0.2.1 255.255.255.0
.crypto map vpn
.no crypto map vpn
.service-policy output LLQ
.tunnel tos 4
=exit
=crypto map vpn 20 ipsec-isakmp
=set peer 203.0.113.6
-set peer 203.0.113.7
=exit
-interface GigabitEthernet0/1
.shutdown
=exit
-router ospf 1
.network 172.16.1.0 0.0.0.3 area 0
=end
)";

TEST_CASE("a site with a crypto map, GRE and LLQ is pasted") {
    std::string expected;
    const Pasted pasted = paste(site_to_site, expected);
    CHECK(pasted.fates == expected);
    CHECK(pasted.running == R"(!
crypto map vpn 10 ipsec-isakmp
 description to site B
 set peer 203.0.113.2
 qos pre-classify
!
crypto map vpn 20 ipsec-isakmp
 set peer 203.0.113.6
!
interface Tunnel1
 description GRE to site B
 tunnel encap dscp set ef
 qos pre-classify
!
end
)");
    CHECK(pasted.said.find("% crypto map vpn 20: it has peer 203.0.113.6 already, and an entry "
                           "has one; type no set peer 203.0.113.6 first") != std::string::npos);
}

// Blocks of ours in front of those that are not, so that a body has where to land.
constexpr std::string_view catalyst_port = R"(
-vlan 10
. name USERS
-vlan 20
. name VOICE
 !
-spanning-tree mode rapid-pvst
-mls qos
=mls qos map cos-dscp 0 8 16 24 32 46 48 56
=table-map VOICE
= map from ef to 5
= map from cs3 to 3
= default 0
 !
=interface lan.20
= set cos dscp table VOICE
-policy-map LAN-OUT
. class VOICE
.  set cos dscp
-interface GigabitEthernet1/0/1
. description desk 17
. switchport access vlan 10
. switchport mode access
. switchport voice vlan 20
. srr-queue bandwidth share 1 30 35 5
. priority-queue out
. mls qos trust device cisco-phone
. mls qos trust cos
. auto qos voip cisco-phone
. spanning-tree portfast
. spanning-tree bpduguard enable
. set cos dscp
 !
-interface range GigabitEthernet1/0/2 - 24
. description spare
. shutdown
 !
-interface Vlan10,Vlan20
. description nobody
 !
=interface lan.10
= description users
-intrface lan.11
. description of a typo
. set cos dscp
=interface lan.12
= set cos dscp
- sett cos dscp
= description the last
-ip access-list extended MARK
. permit udp any any range 16384 32767
.  remark deeper
-no ip http server
-banner motd welcome
-line con 0
. exec-timeout 0 0
-line vty 0 15
. login
=end
)";

TEST_CASE("an access port of a Catalyst is pasted") {
    std::string expected;
    const Pasted pasted = paste(catalyst_port, expected);
    CHECK(pasted.fates == expected);
    CHECK(pasted.running == R"(!
mls qos map cos-dscp 0 8 16 24 32 46 48 56
!
table-map VOICE
 map from cs3 to 3
 map from ef to 5
 default 0
!
interface lan.10
 description users
!
interface lan.12
 description the last
 set cos dscp
!
interface lan.20
 set cos dscp table VOICE
!
end
)");
}

TEST_CASE("an abbreviation of several commands is ambiguous, of IOS's own ones, too") {
    const auto said = [](std::string_view line, bool batch, Mode mode) {
        SessionOptions options;
        options.batch = batch;
        Desk desk(options);
        if (mode != Mode::exec) desk.type("conf t");
        CHECK(desk.session.execute(line) == Status::syntax);
        CHECK(desk.session.context().mode == mode);
        return desk.err.str();
    };
    CHECK(said("con", true, Mode::exec) ==
          "con\n% Ambiguous command: \"con\"\n% It could be configure, control-plane or "
          "controller.\n");
    CHECK(said("con", false, Mode::config) ==
          "% Ambiguous command: \"con\"\n% It could be control-plane or controller.\n");
    CHECK(said("con", false, Mode::exec).starts_with("% Incomplete command."));
    CHECK(said("conf", true, Mode::exec).starts_with("conf\n% Incomplete command."));
    CHECK(said("controller", true, Mode::skip).find("% Not done by tunqos") != std::string::npos);
    CHECK(said("rout ospf 1", false, Mode::skip) ==
          "% Ambiguous command: \"rout ospf 1\"\n% It could be route-map or router.\n"
          "% Lines up to the next command of configuration mode are skipped.\n");
    CHECK(said("cry isa pol 10", false, Mode::skip).starts_with("% Not done by tunqos: keys"));
}

TEST_CASE("a setting that is wrong in its mode, too, is told the mode") {
    const auto said = [](std::string_view before, std::string_view line) {
        Desk desk;
        REQUIRE(desk.type(before) == Status::ok);
        CHECK(desk.session.execute(line) == Status::syntax);
        const std::string text = desk.err.str();
        return text.substr(text.find("marker.\n") + 8);
    };
    const std::string instead =
        "% One priority for every packet is a table-map: table-map NAME with default 5, then in "
        "interface mode set cos dscp table NAME, and set cos non-ip 5\n";
    CHECK(said("conf t", "set cos 5") ==
          "% It is for rule mode: qos rule NUMBER first\n" + instead);
    CHECK(said("", "set cos 5") ==
          "% It is for rule mode: configure terminal and qos rule NUMBER first\n" + instead);
    CHECK(said("conf t\ncrypto map vpn 10", "set cos 5")
              .ends_with("% It is for rule mode: qos rule NUMBER first\n" + instead));
    CHECK(said("conf t\nint gre1", "set cos 5").ends_with(instead));
    CHECK(said("conf t", "tunnel tos 7") == "% It is for interface mode: interface NAME first\n");
    CHECK(said("conf t", "match dscp ef") == "% It is for rule mode: qos rule NUMBER first\n");
    CHECK(said("conf t", "match precedence 5").empty());
}

TEST_CASE("the body of a line that nobody knows is skipped, too, if it is deeper") {
    Desk desk;
    CHECK(desk.type("conf t\ninterface Tunnel0") == Status::ok);
    CHECK(desk.session.execute("what is this") == Status::syntax);
    CHECK(desk.session.execute(" description a") == Status::ok);
    CHECK(desk.session.context().mode == Mode::skip);
    CHECK(desk.session.execute(" exit") == Status::ok);
    CHECK(desk.session.execute("do show version") == Status::ok);
    CHECK(desk.session.context().mode == Mode::skip);
    CHECK(desk.session.execute("interface gre1") == Status::ok);
    CHECK(desk.err.str().ends_with("% 2 lines skipped.\n"));
    CHECK(desk.daemon.running == Config{});
    // A typo of a person is no block.
    CHECK(desk.session.execute("descrption a") == Status::syntax);
    CHECK(desk.session.execute("description a") == Status::ok);
    CHECK(desk.daemon.running.interfaces.at("gre1").description == "a");
}

TEST_CASE("a block of exec mode is none") {
    Desk desk;
    CHECK(desk.session.execute("crypto isakmp policy 10") == Status::syntax);
    CHECK(desk.session.context().mode == Mode::exec);
    CHECK(desk.session.execute("exit") == Status::quit);
}

TEST_CASE("a script that goes on says what it skips") {
    SessionOptions options;
    options.batch = true;
    Desk desk(options);
    std::istringstream input(
        "interface gre1\n description x\npolicy-map P\n class C\n"
        "  set cos dscp\nexit\ninterface gre2\n description y\n"
        "router ospf 1\n network x\n");
    CHECK(run_script(desk.session, input, OnError::keep_going) == exit_refused);
    CHECK(desk.daemon.running.interfaces.size() == 2);
    CHECK(desk.err.str() ==
          "line 3: policy-map P\n"
          "% Not done by tunqos: queues and policers are tc(8)'s; qos pre-classify shows it the "
          "class of the inner packet. Lines up to the next command of configuration mode are "
          "skipped.\n"
          "% 2 lines skipped.\n"
          "line 9: router ospf 1\n"
          "% Not done by tunqos: routing is that of ip(8), or of FRR. Lines up to the next command "
          "of configuration mode are skipped.\n"
          "% 1 line skipped.\n");
}

TEST_CASE("an abbreviation of another mode is no accident") {
    Desk desk;
    CHECK(desk.type("conf t\nint gre1") == Status::ok);
    for (const char* line : {"t dscp", "c map vpn 10", "no t dscp", "i gre2"}) {
        CAPTURE(line);
        CHECK(desk.session.execute(line) == Status::syntax);
        CHECK(desk.session.context() == Context{Mode::interface, "gre1", 0});
    }
    CHECK(desk.err.str().starts_with(
        "% Ambiguous command: \"t dscp\"\n% It could be tunnel or table-map.\n"));
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.type("tab dscp\nint gre1\ncry map vpn 10\ndef int gre1") == Status::ok);
}

TEST_CASE("names of interfaces as IOS takes them, and those that no device has") {
    Desk desk;
    for (const char* name : {"tun0", "tunnel1", "tunnel10", "Tuna1"})
        desk.daemon.running.interfaces[name].description = "x";
    const auto enters = [&](std::string_view line) {
        desk.type("end");
        desk.type("conf t");
        desk.err.str("");
        desk.session.execute(line);
        return desk.session.context().mode == Mode::interface ? desk.session.context().name : "";
    };
    CHECK(enters("interface tu 0") == "tun0");
    CHECK(enters("interface tunn 1") == "tunnel1");
    CHECK(enters("interface tu 1").empty());
    CHECK(desk.err.str().starts_with("% interface tu1 is ambiguous; it could be Tuna1 or tunnel1"));
    CHECK(enters("interface tu 2").empty());
    CHECK(desk.err.str().starts_with("% interface tu2: there is no such device; to configure one"));
    CHECK(enters("interface tu2") == "tu2");
    for (const char* line : {"interface gre1,gre2", "interface eth0.10@eth0", "interface gre*"}) {
        CAPTURE(line);
        CHECK(enters(line).empty());
        CHECK(desk.err.str().find(": no device has such a name") != std::string::npos);
    }
    // What is configured can be removed.
    desk.daemon.running.interfaces["a,b"].description = "x";
    CHECK(enters("interface a,b") == "a,b");
    CHECK(desk.type("no interface a,b") == Status::ok);
    CHECK_FALSE(desk.daemon.running.interfaces.contains("a,b"));
}

TEST_CASE("an outer DSCP that is a copy again is said at once") {
    const auto said = [](std::string_view lines) {
        Desk desk;
        CHECK(desk.type("conf t\nint gre1") == Status::ok);
        CHECK(desk.type(lines) == Status::ok);
        return desk.err.str();
    };
    const std::string warning =
        "% Warning: interface gre1: the outer DSCP was set af21 and is a copy of the inner one "
        "again, so that the inner classes show on the wire; if they are not to, type tunnel encap "
        "dscp set af21\n";
    CHECK(said("tunnel diffserv-mode pipe dscp af21\ntunnel diffserv-mode pipe") == warning);
    CHECK(said("tunnel tos 72\ntunnel diffserv-mode uniform") == warning);
    CHECK(said("qos pre-classify\ntunnel tos 72\nno tunnel tos") == warning);
    CHECK(said("tunnel encap single-aggregate af4\ntunnel diffserv-mode pipe")
              .ends_with("type tunnel encap single-aggregate af4\n"));
    CHECK(said("tunnel tos 72\ntunnel encap dscp copy").empty());
    CHECK(said("tunnel tos 72\nno tunnel tos").empty());
    CHECK(said("tunnel diffserv-mode pipe dscp af21\ntunnel diffserv-mode pipe dscp ef").empty());
}

TEST_CASE("no of a setting that a model says tells that it stays") {
    Desk desk;
    CHECK(desk.type("conf t\nint gre1\ntunnel diffserv-mode uniform\nno tunnel decap dscp") ==
          Status::ok);
    CHECK(desk.err.str() ==
          "% Warning: interface gre1: the inner DSCP is still copied from the outer header by "
          "tunnel diffserv-mode uniform; type no tunnel diffserv-mode, or another one, to change "
          "it\n");
}

TEST_CASE("what stands behind the end of a script is named, and an error") {
    const std::string lines =
        "int gre1\ndescription x\nexit\nexit\nexit\n!\nint gre2\ndescription y\n";
    SessionOptions options;
    options.batch = true;
    Desk desk(options);
    std::istringstream input(lines);
    CHECK(run_script(desk.session, input, OnError::stop) == exit_refused);
    CHECK(desk.err.str() ==
          "% line 5: exit ends the session, but 2 lines stand behind it: line 7: int gre2, ...\n"
          "% the changes were not applied; take it out, or use --keep-going to drop what stands "
          "behind it\n");
    CHECK(desk.daemon.running == Config{});
    Desk other(options);
    std::istringstream again(lines);
    CHECK(run_script(other.session, again, OnError::keep_going) == exit_refused);
    CHECK(other.err.str().ends_with("% what stands behind it was dropped\n"));
    CHECK(other.daemon.running.interfaces.size() == 1);
    Desk last(options);
    std::istringstream whole("int gre1\ndescription x\nexit\nexit\nexit\n!\n\n");
    CHECK(run_script(last.session, whole, OnError::stop) == exit_ok);
}

TEST_CASE("--More--") {
    std::string text;
    for (char c = 'a'; c <= 'j'; ++c)
        text += std::string(1, c) + '\n';
    const auto paged = [&](std::size_t lines, std::string keys, std::size_t columns = 80) {
        std::ostringstream out;
        std::size_t asked = 0;
        page(text, lines, columns, out,
             [&]() -> int { return asked < keys.size() ? keys[asked++] : -1; });
        CHECK(asked == keys.size());
        std::string shown = out.str();
        const std::string over = '\r' + std::string(10, ' ') + '\r';
        for (auto at = shown.find(over); at != shown.npos; at = shown.find(over))
            shown.erase(at, over.size());
        for (auto at = shown.find(" --More-- "); at != shown.npos; at = shown.find(" --More-- "))
            shown.replace(at, 10, "?");
        std::erase(shown, '\n');
        return shown;
    };
    CHECK(paged(0, "") == "abcdefghij");
    CHECK(paged(11, "") == "abcdefghij");
    CHECK(paged(5, "  ") == "abcd?efgh?ij");
    CHECK(paged(5, "\r q") == "abcd?e?fghi?");
    CHECK(paged(5, "x") == "abcd?");
    CHECK(paged(5, "") == "abcd?"); // no key comes any more
    text = std::string(25, 'x') + "\nb\nc\nd\n";
    CHECK(paged(5, " ", 10) == std::string(25, 'x') + "b?cd");
}

} // namespace
} // namespace tunqos::cli
