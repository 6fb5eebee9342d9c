// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each configuration command: what it makes of a configuration.
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

// Feeds lines through grammar and edits, with the modes, from configuration mode.
struct Editor {
    Config config;
    Context context{Mode::config, {}, 0};
    Problems problems;

    bool line(std::string_view text) {
        const auto [mode, outcome] = grammar().resolve(context.mode, text);
        const auto* match = std::get_if<Match>(&outcome);
        if (match == nullptr || match->command->edit == nullptr) return false;
        if (mode != context.mode) context = {mode, {}, 0};
        auto next = match->command->edit(config, context, *match);
        if (!next) {
            problems = next.error();
            return false;
        }
        config = std::move(*next);
        if (match->command->enter != nullptr && !match->negated) {
            context = match->command->enter(*match);
        }
        return true;
    }
    void lines(std::initializer_list<std::string_view> all) {
        for (const auto text : all) {
            CAPTURE(text);
            REQUIRE(line(text));
        }
    }
    // Of one without a tunnel: as it is when nothing is set.
    const TunnelProfile& gre1() const {
        static const TunnelProfile none;
        const auto found = config.interfaces.find("gre1");
        const bool has = found != config.interfaces.end() && found->second.tunnel;
        return has ? *found->second.tunnel : none;
    }
};

// A crypto map of which nothing is said.
CryptoMap empty_entry() {
    CryptoMap map;
    map.tunnel.encap.implied = true;
    return map;
}

Editor on_gre1(std::initializer_list<std::string_view> all) {
    Editor editor;
    editor.lines({"interface gre1"});
    editor.lines(all);
    return editor;
}

TEST_CASE("entering an interface changes nothing until a setting is made") {
    Editor editor = on_gre1({});
    CHECK(editor.config == Config{});
    CHECK(editor.context == Context{Mode::interface, "gre1", 0});
    editor.lines({"description a b"});
    CHECK(editor.config.interfaces.at("gre1").description == "a b");
    CHECK_FALSE(editor.config.interfaces.at("gre1").tunnel);
    editor.lines({"no description"});
    CHECK(editor.config == Config{});
}

TEST_CASE("entering a table-map or a crypto map makes it") {
    Editor editor;
    editor.lines({"table-map wan", "crypto map vpn 10"});
    CHECK(editor.config.table_maps.at("wan") == TableMap{});
    CHECK(editor.config.crypto_maps.at({"vpn", 10}) == empty_entry());
    CHECK(editor.context == Context{Mode::crypto_map, "vpn", 10});
    editor.lines({"no table-map wan", "no crypto map vpn 10"});
    CHECK(editor.config == Config{});
    CHECK_FALSE(editor.line("no table-map wan"));
    CHECK(editor.problems.front().path == "table-map wan");
    CHECK_FALSE(editor.line("no crypto map vpn 10"));
}

TEST_CASE("table-map lines") {
    Editor editor;
    editor.lines(
        {"table-map wan", "map from af41 to af21", "map from 46 to 0x22", "default ignore"});
    const auto map = [&] { return editor.config.table_maps.at("wan"); };
    CHECK(map().map == std::map<std::uint8_t, std::uint8_t>{{34, 18}, {46, 34}});
    CHECK(map().fallback == TableDefault::ignore);
    editor.lines({"default cs1"});
    CHECK(map().fallback == TableDefault::value);
    CHECK(map().default_value == 8);
    editor.lines({"default copy"});
    CHECK(map().fallback == TableDefault::copy);
    editor.lines({"default 5", "no default", "no map from ef", "no map from af41 to af21"});
    CHECK(map() == TableMap{});
    CHECK_FALSE(editor.line("no map from 3"));
}

TEST_CASE("tunnel encap dscp") {
    CHECK(on_gre1({"tunnel encap dscp copy"}).gre1() == TunnelProfile{});
    const auto set = on_gre1({"tunnel encap dscp set ef"}).gre1().encap;
    CHECK(set == Encap{{EncapDscp::set, Dscp{46}}});
    const auto table = on_gre1({"tunnel encap dscp table wan"}).gre1().encap;
    CHECK(table == Encap{{EncapDscp::table, "wan"}});
    CHECK(on_gre1({"tunnel encap dscp native"}).gre1().encap.dscp == EncapDscp::native);
    // The last one holds, without leftovers.
    CHECK(on_gre1({"tunnel encap dscp set ef", "tunnel encap dscp copy"}).gre1().encap == Encap{});
}

TEST_CASE("no tunnel encap dscp takes a tunnel away when nothing else is set") {
    CHECK(on_gre1({"tunnel encap dscp set ef", "no tunnel encap dscp"}).config == Config{});
    CHECK(on_gre1({"no tunnel encap dscp", "no tunnel decap class"}).config == Config{});
    const auto kept = on_gre1({"tunnel decap class outer", "no tunnel encap dscp set ef"});
    CHECK(kept.gre1().decap.queue_by == DecapClass::outer);
    const auto after =
        on_gre1({"tunnel encap dscp copy", "qos pre-classify", "no qos pre-classify"});
    CHECK(after.gre1() == TunnelProfile{});
    CHECK(on_gre1({"qos pre-classify", "no qos pre-classify"}).config == Config{});
}

TEST_CASE("tunnel tos is tunnel encap dscp set by another name") {
    CHECK(on_gre1({"tunnel tos 184"}).gre1().encap == Encap{{EncapDscp::set, Dscp{46}}});
    CHECK(on_gre1({"tunnel tos 0"}).gre1().encap == Encap{{EncapDscp::set, Dscp{0}}});
    CHECK(on_gre1({"tunnel tos 184", "no tunnel tos"}).config == Config{});
    CHECK_FALSE(on_gre1({}).line("tunnel tos 185"));
}

TEST_CASE("tunnel decap") {
    const auto copy = on_gre1({"tunnel decap class outer", "tunnel decap dscp copy permit 0-7,ef"});
    CHECK(copy.gre1().decap.dscp == DecapDscp::copy);
    CHECK(copy.gre1().decap.permit == parse_dscp_set("0-7,46"));
    CHECK(copy.gre1().decap.queue_by == DecapClass::outer);
    const auto table = on_gre1({"tunnel decap dscp table lan"});
    CHECK(table.gre1().decap == Decap{{DecapDscp::table, "lan"}, {}, {}});
    const auto kept = on_gre1({"tunnel decap dscp copy permit ef", "no tunnel decap dscp"});
    CHECK(kept.gre1().decap == Decap{});
    const auto keep = on_gre1({"tunnel decap dscp table lan", "tunnel decap dscp keep"});
    CHECK(keep.gre1().decap == Decap{});
    const auto inner = on_gre1({"tunnel decap class outer", "tunnel decap class inner"});
    CHECK(inner.gre1().decap == Decap{});
}

TEST_CASE("tunnel diffserv-mode says everything about both directions") {
    const auto uniform = on_gre1({"tunnel encap dscp set ef", "tunnel decap class outer",
                                  "tunnel diffserv-mode uniform permit 0-47"});
    CHECK(model_of(uniform.gre1()) == TunnelModel::uniform);
    CHECK(uniform.gre1().decap.permit == parse_dscp_set("0-47"));
    CHECK(uniform.gre1().decap.queue_by == DecapClass::inner);
    const auto pipe = on_gre1({"tunnel diffserv-mode pipe dscp af21"});
    CHECK(model_of(pipe.gre1()) == TunnelModel::pipe);
    CHECK(pipe.gre1().encap == Encap{{EncapDscp::set, Dscp{18}}});
    const auto short_pipe =
        on_gre1({"tunnel encap dscp native", "tunnel diffserv-mode short-pipe table wan"});
    CHECK(model_of(short_pipe.gre1()) == TunnelModel::short_pipe);
    CHECK(short_pipe.gre1().encap == Encap{{EncapDscp::table, "wan"}});
    const auto bare = on_gre1({"tunnel encap dscp set ef", "tunnel diffserv-mode pipe"});
    CHECK(bare.gre1().encap == Encap{});
    CHECK(on_gre1({"tunnel diffserv-mode uniform", "no tunnel diffserv-mode"}).config == Config{});
}

TEST_CASE("tunnel encap inner-dscp") {
    const auto inner = [](std::initializer_list<std::string_view> all) {
        return on_gre1(all).gre1().encap.inner;
    };
    CHECK(inner({"tunnel encap inner-dscp keep"}) == DscpSource<EncapInner>{});
    CHECK(inner({"tunnel encap inner-dscp set af21"}) ==
          DscpSource<EncapInner>{EncapInner::set, Dscp{18}});
    CHECK(inner({"tunnel encap inner-dscp set 9", "tunnel encap inner-dscp table wan"}) ==
          DscpSource<EncapInner>{EncapInner::table, "wan"});
    CHECK(inner({"tunnel encap inner-dscp table wan", "tunnel encap inner-dscp keep"}) ==
          DscpSource<EncapInner>{});
    for (const char* no : {"no tunnel encap inner-dscp", "no tunnel encap inner-dscp set 9"})
        CHECK(inner({"tunnel encap inner-dscp set 9", no}) == DscpSource<EncapInner>{});
    CHECK(on_gre1({"no tunnel encap inner-dscp"}).config == Config{});
}

TEST_CASE("tunnel encap ecn and tunnel decap ecn") {
    const auto ecns = [](std::initializer_list<std::string_view> all) {
        const TunnelProfile profile = on_gre1(all).gre1();
        return std::pair(profile.options.encap_ecn, profile.options.decap_ecn);
    };
    CHECK(ecns({"tunnel encap ecn rfc6040"}) == std::pair(EncapEcn::rfc6040, DecapEcn::native));
    CHECK(ecns({"tunnel decap ecn rfc6040"}) == std::pair(EncapEcn::native, DecapEcn::rfc6040));
    CHECK(ecns({"tunnel encap ecn rfc6040", "tunnel encap ecn compatibility"}).first ==
          EncapEcn::compatibility);
    const std::pair native(EncapEcn::native, DecapEcn::native);
    CHECK(ecns({"tunnel encap ecn rfc6040", "tunnel encap ecn native"}) == native);
    CHECK(ecns({"tunnel encap ecn rfc6040", "no tunnel encap ecn rfc6040"}) == native);
    CHECK(ecns({"tunnel decap ecn rfc6040", "tunnel decap ecn native"}) == native);
    CHECK(ecns({"tunnel decap ecn rfc6040", "no tunnel decap ecn"}) == native);
    CHECK(on_gre1({"no tunnel encap ecn", "no tunnel decap ecn"}).config == Config{});
}

TEST_CASE("tunnel control dscp") {
    CHECK(on_gre1({"tunnel control dscp cs6"}).gre1().options.control_dscp == Dscp{48});
    CHECK(on_gre1({"tunnel control dscp 0"}).gre1().options.control_dscp == Dscp{0});
    CHECK(on_gre1({"tunnel control dscp 0", "no tunnel control dscp"}).gre1() == TunnelProfile{});
    CHECK(on_gre1({"no tunnel control dscp cs6"}).config == Config{});
}

TEST_CASE("one setting of a direction leaves the others alone") {
    const auto make = [](std::initializer_list<std::string_view> more) {
        Editor editor = on_gre1({"tunnel encap inner-dscp set ef", "tunnel encap ecn rfc6040",
                                 "tunnel decap ecn rfc6040", "tunnel control dscp cs6"});
        editor.lines(more);
        return editor.gre1();
    };
    const TunnelProfile before = make({});
    for (const char* line :
         {"tunnel encap dscp set 9", "no tunnel encap dscp", "tunnel tos 4", "no tunnel tos",
          "tunnel decap dscp copy", "no tunnel decap dscp", "tunnel decap class outer"}) {
        CAPTURE(line);
        const TunnelProfile after = make({line});
        CHECK(after.encap.inner == before.encap.inner);
        CHECK(after.options.encap_ecn == before.options.encap_ecn);
        CHECK(after.options.decap_ecn == before.options.decap_ecn);
        CHECK(after.options.control_dscp == before.options.control_dscp);
    }
    CHECK(make({"tunnel encap dscp set 9"}).encap.dscp.value == Dscp{9});
    CHECK(make({"tunnel encap dscp set 9", "tunnel encap ecn native"}).encap.dscp.value == Dscp{9});
    // A model says what becomes of the inner DSCP, too, but nothing of ECN.
    for (const std::string_view line :
         {"tunnel diffserv-mode uniform", "tunnel diffserv-mode pipe dscp 9",
          "no tunnel diffserv-mode uniform permit ef"}) {
        CAPTURE(line);
        const TunnelProfile after = make({line});
        CHECK(after.encap.inner ==
              (line.starts_with("no") ? before.encap.inner : DscpSource<EncapInner>{}));
        CHECK(after.options.encap_ecn == before.options.encap_ecn);
        CHECK(after.options.decap_ecn == before.options.decap_ecn);
        CHECK(after.options.control_dscp == before.options.control_dscp);
    }
    CHECK(make({"no tunnel diffserv-mode uniform permit ef"}).decap.permit == std::nullopt);
    CHECK(make({"no tunnel diffserv-mode pipe dscp 9"}).encap.dscp == EncapDscp::copy);
}

TEST_CASE("qos pre-classify") {
    CHECK(on_gre1({"qos pre-classify"}).gre1().pre_classify == PreClassify{true, {}});
    CHECK(on_gre1({"qos pre-classify table prio"}).gre1().pre_classify ==
          PreClassify{true, "prio"});
    CHECK(on_gre1({"qos pre-classify table prio", "no qos pre-classify"}).gre1().pre_classify ==
          PreClassify{});
    const auto now = [](const char* line) { return on_gre1({line}).gre1().pre_classify; };
    CHECK(now("qos pre-classify via companion") == PreClassify{true, {}});
    CHECK(now("qos pre-classify via priority") == PreClassify{true, {}, 0, ClassVia::priority});
    CHECK(now("qos pre-classify table prio handle 8001: via mark 0x3f00") ==
          PreClassify{true, "prio", 0x8001, ClassVia::mark, 0x3f00});
    CHECK(on_gre1({"qos pre-classify via mark 0x3f00", "qos pre-classify"}).gre1().pre_classify ==
          PreClassify{true, {}});
}

TEST_CASE("set cos makes a port, no set cos removes it") {
    CHECK(on_gre1({"set cos dscp"}).config.interfaces.at("gre1").port == PortProfile{});
    CHECK(on_gre1({"set cos dscp table cos"}).config.interfaces.at("gre1").port ==
          PortProfile{"cos"});
    CHECK(on_gre1({"set cos dscp table cos", "no set cos"}).config == Config{});
}

TEST_CASE("set cos of a protocol stands beside that of the DSCP") {
    const auto on = [](std::initializer_list<std::string_view> lines) {
        return on_gre1(lines).config.interfaces.at("gre1");
    };
    for (std::size_t i = 0; i < port_protocols.size(); ++i) {
        const std::string line = "set cos " + std::string(port_protocols[i]);
        const std::string six = line + " 6", no_line = "no " + line, no_six = "no " + six;
        ProtocolCos want;
        want[i] = 6;
        CHECK(on({six}).protocol_cos == want);
        CHECK_FALSE(on({six}).port);
        CHECK(on_gre1({six, no_line}).config == Config{});
        CHECK(on_gre1({six, no_six}).config == Config{});
        CHECK(on({six, "set cos dscp", "no set cos dscp"}).protocol_cos == want);
        CHECK(on({"set cos dscp", six, no_line}).port == PortProfile{});
        Editor editor = on_gre1({});
        CHECK_FALSE(editor.line(line));
        CHECK_FALSE(editor.line(line + " 8"));
    }
    CHECK(on_gre1({"set cos arp 5", "set cos dscp", "no set cos"}).config == Config{});
}

TEST_CASE("set mark takes a table and a mask, no set mark removes it") {
    const auto mark = [](std::string_view line) {
        return on_gre1({line}).config.interfaces.at("gre1").mark;
    };
    CHECK(mark("set mark dscp mask 0x3f") == MarkProfile{"", 0x3f});
    CHECK(mark("set mark dscp mask 63") == MarkProfile{"", 63});
    CHECK(mark("set mark dscp table classes mask 0xFF000000") ==
          MarkProfile{"classes", 0xff000000});
    CHECK(on_gre1({"set mark dscp mask 1", "set mark dscp table t mask 2"})
              .config.interfaces.at("gre1")
              .mark == MarkProfile{"t", 2});
    CHECK(on_gre1({"set mark dscp mask 0x3f", "no set mark"}).config == Config{});
    CHECK(on_gre1({"set mark dscp mask 0x3f", "set cos dscp", "no set cos"})
              .config.interfaces.at("gre1")
              .mark == MarkProfile{"", 0x3f});
    for (const char* wrong :
         {"set mark dscp", "set mark dscp mask", "set mark dscp mask 0", "set mark dscp mask 0x",
          "set mark dscp mask 0x100000000", "set mark dscp table t", "set mark mask 1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(on_gre1({}).line(wrong));
    }
}

TEST_CASE("no interface and default interface remove all of it") {
    CHECK(on_gre1({"description x", "tunnel tos 4", "no interface gre1"}).config == Config{});
    CHECK(on_gre1({"tunnel tos 4", "default interface gre1"}).config == Config{});
    CHECK(on_gre1({"tunnel tos 4", "no interface gre2"}).config.interfaces.size() == 1);
}

TEST_CASE("crypto map settings are kept in the crypto map") {
    Editor editor;
    editor.lines({"crypto map vpn 10 ipsec-isakmp", "set peer 2001:DB8:0::2", "description to c",
                  "tunnel encap dscp set ef", "qos pre-classify"});
    const CryptoMap& map = editor.config.crypto_maps.at({"vpn", 10});
    CHECK(map.match.peer == "2001:db8::2");
    CHECK(map.description == "to c");
    CHECK(map.tunnel.encap.dscp.value == Dscp{46});
    CHECK(map.tunnel.pre_classify.enabled);
    CHECK(editor.config.interfaces.empty());
    CHECK_FALSE(editor.line("no set peer 10.0.0.1"));
    editor.lines({"no set peer 2001:db8::2", "no description", "no tunnel encap dscp",
                  "no qos pre-classify"});
    CHECK(editor.config.crypto_maps.at({"vpn", 10}) == empty_entry());
    CHECK_FALSE(editor.line("tunnel tos 184"));
    CHECK_FALSE(editor.line("set cos dscp"));
    CHECK_FALSE(editor.line("tunnel control dscp cs6"));
    CHECK(on_gre1({}).line("tunnel control dscp cs6"));
    editor.lines(
        {"tunnel encap inner-dscp set 0", "tunnel encap ecn rfc6040", "tunnel decap ecn rfc6040"});
    const TunnelProfile tunnel = editor.config.crypto_maps.at({"vpn", 10}).tunnel;
    CHECK(tunnel.encap.inner == DscpSource<EncapInner>{EncapInner::set, Dscp{0}});
    CHECK(tunnel.options.encap_ecn == EncapEcn::rfc6040);
    CHECK(tunnel.options.decap_ecn == DecapEcn::rfc6040);
}

TEST_CASE("no crypto map without a number removes all entries of the name") {
    Editor editor;
    editor.lines(
        {"crypto map vpn 10", "crypto map vpn 20", "crypto map other 10", "no crypto map vpn"});
    CHECK(editor.config.crypto_maps.size() == 1);
    CHECK(editor.config.crypto_maps.contains({"other", 10}));
    CHECK_FALSE(editor.line("no crypto map vpn"));
    CHECK(editor.problems == Problems{{"crypto map vpn", "there is no such crypto map"}});
    CHECK_FALSE(editor.line("crypto map vpn")); // to make one takes the number
}

TEST_CASE("single-aggregate is a class or a value, and stays under another encap dscp") {
    Editor editor = on_gre1({"tunnel encap single-aggregate af4", "tunnel encap dscp table wan"});
    const auto& encap = [&]() -> const Encap& {
        return editor.config.interfaces.at("gre1").tunnel->encap;
    };
    CHECK(encap().single_aggregate == Aggregate{4});
    CHECK(encap().dscp == EncapDscp::table);
    editor.line("tunnel encap single-aggregate af41");
    CHECK(encap().single_aggregate == Aggregate{0, Dscp{34}});
    editor.line("tunnel encap single-aggregate 0");
    CHECK(encap().single_aggregate == Aggregate{0, Dscp{0}});
    CHECK_FALSE(editor.line("tunnel encap single-aggregate af5"));
    CHECK_FALSE(editor.line("tunnel encap single-aggregate af"));
    editor.line("no tunnel encap single-aggregate");
    CHECK_FALSE(encap().single_aggregate);
    editor.lines({"tunnel encap single-aggregate af1", "tunnel diffserv-mode pipe"});
    CHECK_FALSE(encap().single_aggregate);
}

TEST_CASE("a crypto map matches SAs by more than the peer") {
    Editor editor;
    editor.line("crypto map vpn 10 ipsec-isakmp");
    const auto match = [&] { return editor.config.crypto_maps.at({"vpn", 10}).match; };
    editor.lines({"match local 2001:DB8:0::1", "match reqid 10", "match if-id 0x2a",
                  "match mark 16 0xff", "match spi 4097"});
    CHECK(
        match() ==
        Selector{
            .spi = 4097, .if_id = 42, .reqid = 10, .mark = Mark{16, 255}, .local = "2001:db8::1"});
    // Another value takes the place of the one before; a mark has all bits without a mask.
    editor.lines({"match spi 0x1002", "match mark 0x10"});
    CHECK(match().spi == 0x1002U);
    CHECK(match().mark == Mark{16, 0xffffffff});
    for (const char* other : {"no match local 2001:db8::2", "no match reqid 11", "no match if-id 1",
                              "no match mark 0x10 0xff", "no match spi 0x1001"})
        CHECK_FALSE(editor.line(other));
    editor.lines({"no match local", "no match reqid 10", "no match if-id", "no match mark 16",
                  "no match spi 0x1002"});
    CHECK(match() == Selector{});
    for (const char* wrong :
         {"match reqid 0", "match if-id 4294967296", "match spi 0", "match spi 1001h",
          "match spi 0x", "match mark -1", "match mark 1 0", "match local here", "match"})
        CHECK_FALSE(editor.line(wrong));
    CHECK_FALSE(on_gre1({}).line("match reqid 10"));
}

} // namespace
} // namespace tunqos::cli
