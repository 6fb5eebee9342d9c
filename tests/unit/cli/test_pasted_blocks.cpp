// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks and texts of IOS that are not for tunqos: where each ends, with indentation and without;
// and that none of their lines lands in a block that it was not typed for.
#include "cli/script.hpp"
#include "paste.hpp"

namespace tunqos::cli {
namespace {

// Texts of several lines, which IOS reads up to a mark of their own.
constexpr std::string_view banners = R"(
=interface gre1
= description mine
-banner motd ^C
.*** Authorised access only ***
.
.! not a comment
.interface gre2
. description of the banner
.do show version
.end
.exit
.  no interface gre1 ?
=^C
-banner login #
.tunnel tos 184
=the end #
-banner exec #all on one line#
-banner incoming ^CThe first line is a part
=of the text^C
-banner "
.shutdown
="
-banner motd $ text
=$
-banner motd welcome
-no banner motd
-aaa authentication banner @
.interface gre3
=@
-menu OPS title ^C
.crypto map vpn 10
=^C
-macro name PORT
.interface gre4
.description x
=@
-line vty 0 4
. vacant-message ^C
.interface gre5
.^C
. login
-crypto pki certificate chain TP
. certificate self-signed 01
.  30820229 30820192
.  	quit
=interface gre1
= tunnel tos 4
=end
)";

TEST_CASE("a text of several lines is skipped up to its mark") {
    std::string expected;
    const Pasted pasted = paste(banners, expected);
    CHECK(pasted.fates == expected);
    CHECK(pasted.running ==
          "!\ninterface gre1\n description mine\n tunnel encap dscp set le\n!\nend\n");
    CHECK(pasted.said.starts_with(
        "% Not done by tunqos: settings of the machine are those of its own programs. Lines up to "
        "^C are skipped.\n% 10 lines skipped.\n"
        "% Not done by tunqos: settings of the machine are those of its own programs. Lines up to "
        "# are skipped.\n% 2 lines skipped.\n"
        "% Not done by tunqos: settings of the machine are those of its own programs.\n"));
}

TEST_CASE("a text that does not end says so") {
    SessionOptions options;
    options.batch = true;
    Desk desk(options);
    std::istringstream input("banner motd \x03\nhello\n\ninterface gre1\n description x\n");
    CHECK(run_script(desk.session, input, OnError::keep_going) == exit_refused);
    CHECK(desk.daemon.running == Config{});
    CHECK(desk.err.str().ends_with("% 4 lines skipped, and ^C, which ends them, did not come.\n"));
    Desk other(options);
    std::istringstream ended("banner motd \x03\nhello\x03\ninterface gre1\n description x\n");
    CHECK(run_script(other.session, ended, OnError::keep_going) == exit_refused);
    CHECK(other.daemon.running.interfaces.size() == 1);
}

// Blocks without indentation in a block of ours: not a line of them may land in it.
TEST_CASE("every block of IOS is known, and its body is skipped without indentation, too") {
    for (const std::string_view opener : {
             "aaa group server radius ISE",
             "aaa server radius dynamic-author",
             "alarm-profile A attach card R0",
             "app-hosting appid guest",
             "application",
             "archive",
             "ap profile AP",
             "arp access-list A",
             "avc profile x",
             "bba-group pppoe global",
             "bfd-template single-hop B",
             "bridge-domain 10",
             "call-home",
             "call-manager-fallback",
             "cem-class C",
             "class-map match-any V",
             "cns config connect X",
             "connect A Gi0/0 Gi0/1",
             "control-plane",
             "control-plane host",
             "controller T1 0/0/0",
             "crypto ca trustpoint T",
             "crypto dynamic-map D 10",
             "crypto gdoi group G",
             "crypto gkm group G",
             "crypto identity I",
             "crypto ikev2 authorization policy P",
             "crypto ikev2 client flexvpn F",
             "crypto ikev2 keyring K",
             "crypto ikev2 policy P",
             "crypto ikev2 profile P",
             "crypto ikev2 proposal P",
             "crypto ipsec client ezvpn E",
             "crypto ipsec profile P",
             "crypto ipsec transform-set T esp-aes",
             "crypto isakmp client configuration group G",
             "crypto isakmp peer address 10.0.0.1",
             "crypto isakmp policy 10",
             "crypto isakmp profile P",
             "crypto key pubkey-chain rsa",
             "crypto keyring K",
             "crypto pki certificate chain T",
             "crypto pki certificate map M 1",
             "crypto pki profile enrollment P",
             "crypto pki server S",
             "crypto pki trustpoint T",
             "crypto provisioning registrar",
             "crypto ssl policy P",
             "crypto tls-tunnel T",
             "device-sensor filter-list dhcp list L",
             "device-tracking policy D",
             "dial-peer voice 10 voip",
             "dot11 ssid WLAN",
             "dot1x credentials C",
             "dspfarm profile 1 transcode",
             "eap profile E",
             "ephone 1",
             "ephone-dn 1",
             "ephone-template 1",
             "ethernet cfm domain D level 3",
             "ethernet evc E",
             "event manager applet A",
             "flow exporter E",
             "flow monitor M",
             "flow record R",
             "gatekeeper",
             "gateway",
             "identity policy I",
             "identity profile default",
             "ip access-list extended A",
             "ip access-list standard A",
             "ip dhcp class C",
             "ip dhcp pool P",
             "ip explicit-path name E",
             "ip flow-top-talkers",
             "ip ips signature-category",
             "ip nat pool P prefix-length 24",
             "ip policy-list L permit",
             "ip rsvp policy local acl 1",
             "ip sla 1",
             "ip sla monitor 1",
             "ip slb serverfarm S",
             "ip slb vserver V",
             "ip vrf V",
             "ipc zone default",
             "ipv6 access-list A",
             "ipv6 dhcp pool P",
             "ipv6 nd raguard policy P",
             "ipv6 router ospf 1",
             "ipv6 snooping policy P",
             "key chain K",
             "l2 vfi V manual",
             "l2tp-class L",
             "l2vpn evpn",
             "l2vpn xconnect context X",
             "ldap attribute-map M",
             "ldap server L",
             "line con 0",
             "mac access-list extended M",
             "map-class frame-relay M",
             "map-list L",
             "mediatrace initiator",
             "mgcp profile default",
             "mka policy M",
             "monitor session 1 type erspan-source",
             "mpls oam",
             "mpls traffic-eng lsp attributes L",
             "network-policy profile 1",
             "object-group network O",
             "oer master",
             "parameter-map type inspect P",
             "parser view V",
             "performance monitor context P",
             "pfr master",
             "pfr-map P 10",
             "policy-map P",
             "policy-map type inspect P",
             "port-profile P",
             "presence",
             "pseudowire-class P",
             "radius server R",
             "redundancy",
             "resource policy",
             "rlm group 1",
             "route-map R permit 10",
             "router bgp 1",
             "router eigrp N",
             "router lisp",
             "rtr 1",
             "sampler S",
             "sccp ccm group 1",
             "sdwan",
             "service-group 1",
             "service-insertion waas",
             "service-list S",
             "service-template T",
             "sip-ua",
             "snmp mib bulkstat schema S",
             "spanning-tree mst configuration",
             "switch virtual domain 1",
             "tacacs server T",
             "telephony-service",
             "template T",
             "telemetry ietf subscription 1",
             "time-range T",
             "tgrep",
             "track 1 ip sla 1",
             "transceiver type all",
             "translation-rule 1",
             "trunk group T",
             "utd engine standard",
             "virtual-service V",
             "vlan 10",
             "vlan access-map V 10",
             "vlan configuration 10",
             "voice class codec 1",
             "voice register global",
             "voice service voip",
             "voice translation-profile P",
             "voice translation-rule 1",
             "voice vrf V",
             "voice-card 0",
             "voice-port 0/0/0",
             "vpdn-group 1",
             "vpdn-template 1",
             "vrf definition V",
             "wae W",
             "webvpn gateway W",
             "webvpn context W",
             "wireless profile policy P",
             "wireless tag policy T",
             "wlan W 1 W",
             "wsma agent exec",
             "zone security INSIDE",
             "zone-pair security Z source A destination B",
         }) {
        CAPTURE(opener);
        Desk desk;
        REQUIRE(desk.type("conf t\ninterface gre1") == Status::ok);
        CHECK(desk.session.execute(opener) == Status::syntax);
        CHECK(desk.err.str().starts_with("% Not done by tunqos: "));
        CHECK(desk.session.execute("description of the block") == Status::ok);
        CHECK(desk.session.execute("tunnel tos 184") == Status::ok);
        CHECK(desk.daemon.running == Config{});
        CHECK(desk.type("interface gre2\ndescription mine") == Status::ok);
        CHECK(desk.daemon.running.interfaces.size() == 1);
    }
}

TEST_CASE("a command of IOS that opens nothing skips nothing") {
    for (const std::string_view line :
         {"crypto key generate rsa", "ntp server 10.0.0.1", "vpdn enable", "spanning-tree mode mst",
          "ip route 0.0.0.0 0.0.0.0 10.0.0.1", "aaa new-model", "no policy-map P",
          "alias exec x show version", "default ip http server", "ip forward-protocol nd",
          "login on-success log"}) {
        CAPTURE(line);
        Desk desk;
        REQUIRE(desk.type("conf t") == Status::ok);
        CHECK(desk.session.execute(line) == Status::syntax);
        CHECK(desk.err.str().starts_with("% Not done by tunqos: "));
        CHECK(desk.err.str().find("skipped") == std::string::npos);
        CHECK(desk.session.context().mode == Mode::config);
    }
}

// Without indentation; what is of the block and what is behind it.
constexpr std::string_view flush_left = R"(
=interface gre1
=description mine
-crypto isakmp client configuration group REMOTE
.key SECRET
.pool P
.banner ^C
.interface gre1
.^C
.exit-address-family
=exit
-crypto ipsec client ezvpn EZ
.connect auto
.group G key K
.peer 203.0.113.1
=exit
-control-plane
.service-policy input COPP
-dial-peer voice 10 voip
.description of the peer
.destination-pattern 5...
-event manager applet A
.event none
.action 1.0 cli command "enable"
.description applet
-zone security INSIDE
.description inside
-zone-pair security Z source INSIDE destination OUTSIDE
.description pair
.service-policy type inspect P
-ip access-list extended MARK
.permit ip any any
-router bgp 65000
.table-map PREC
.address-family ipv4
.neighbor 10.0.0.1 activate
.exit-address-family
=exit
-interface GigabitEthernet0/0
.ip vrf forwarding V
.crypto map vpn
.no crypto map vpn
=crypto map vpn 10
=set peer 203.0.113.1
-crypto isakmp policy 10
.hash sha
=no crypto map vpn
=end
)";

TEST_CASE("blocks without indentation are pasted") {
    std::string expected;
    const Pasted pasted = paste(flush_left, expected);
    CHECK(pasted.fates == expected);
    CHECK(pasted.running == "!\ninterface gre1\n description mine\n!\nend\n");
    CHECK(pasted.said.find("% Skipped as a line of the block: no crypto map vpn; if it is for "
                           "configuration mode, type exit first\n") != std::string::npos);
    CHECK(pasted.said.find("% Skipped as a line of the block: table-map PREC; if") !=
          std::string::npos);
}

TEST_CASE("? in a block that is skipped says what ends it") {
    Desk desk;
    const auto words = [&](std::string_view text) {
        std::string all;
        for (const HelpLine& line : desk.session.help(text).lines)
            all += line.word + ' ';
        return all;
    };
    CHECK(desk.type("conf t\ncrypto map vpn 10") == Status::ok);
    desk.session.execute("crypto isakmp policy 10");
    CHECK(words("") == "crypto default do end exit interface mls no qos table-map LINE ");
    const Help help = desk.session.help("");
    CHECK(help.lines[4].help == "End the block that is skipped");
    CHECK(help.lines.back().help ==
          "Any other line: skipped with the block that was refused, up to exit or the next command "
          "of this list");
    CHECK(words("int") == "interface ");
    CHECK(desk.session.help("encr ").problem ==
          "% Skipped as a line of the block that was refused; exit ends the block");
    desk.session.execute("exit");
    desk.session.execute("banner motd #");
    CHECK(desk.session.help("").problem == "% Lines up to # are skipped, whatever they say");
    SessionOptions options;
    options.batch = true;
    Desk script(options);
    std::istringstream input("crypto isakmp policy 10\n?\n");
    run_script(script.session, input, OnError::keep_going);
    CHECK(script.out.str().find("End the block that is skipped") != std::string::npos);
}

TEST_CASE("the caret stands below the line when a block has ended before it") {
    Desk desk;
    CHECK(desk.type("conf t") == Status::ok);
    desk.session.execute("crypto isakmp policy 10", "host(config)#");
    desk.session.execute("encr aes", "host(config-skip)#");
    desk.err.str("");
    desk.session.execute("interface gre1 x", "host(config-skip)#");
    CHECK(desk.err.str().starts_with("% 1 line skipped.\ninterface gre1 x\n               ^\n"));
    desk.err.str("");
    desk.session.execute("interface gre1 x", "host(config)#");
    CHECK(desk.err.str().starts_with("                            ^\n"));
}

} // namespace
} // namespace tunqos::cli
