// SPDX-License-Identifier: GPL-2.0-or-later
//
// `?` lists and tab completion.
#include "cli/output.hpp"
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

std::vector<std::string> words(const Help& help) {
    std::vector<std::string> all;
    for (const HelpLine& line : help.lines)
        all.push_back(line.word);
    return all;
}

using Words = std::vector<std::string>;

Help help(Mode mode, std::string_view text) {
    return grammar().help(mode, text, FixedNames());
}
Words complete(Mode mode, std::string_view text) {
    return grammar().complete(mode, text, FixedNames());
}

TEST_CASE("? after a space lists the next tokens with help") {
    const Help list = help(Mode::interface, "tunnel ");
    CHECK_FALSE(list.words_only);
    CHECK(words(list) == Words{"control", "decap", "diffserv-mode", "encap", "tos"});
    CHECK(list.lines.at(1).help == "Out of the tunnel: the inner header");
    CHECK(words(help(Mode::crypto_map, "tunnel ")) == Words{"decap", "diffserv-mode", "encap"});
}

TEST_CASE("? lists the settings of interfaces and of crypto maps") {
    for (const Mode mode : {Mode::interface, Mode::crypto_map}) {
        CHECK(words(help(mode, "tunnel encap ")) ==
              Words{"dscp", "ecn", "inner-dscp", "single-aggregate"});
        Words decap{"class", "dscp", "ecn"};
        if (mode == Mode::interface) decap.emplace_back("gro"); // of devices only
        CHECK(words(help(mode, "tunnel decap ")) == decap);
    }
    const auto single = words(help(Mode::crypto_map, "tunnel encap single-aggregate "));
    CHECK(Words(single.begin(), single.begin() + 5) == Words{"af1", "af2", "af3", "af4", "<0-63>"});
    CHECK(words(help(Mode::crypto_map, "match ")) ==
          Words{"if-id", "local", "mark", "reqid", "spi"});
    CHECK(words(help(Mode::crypto_map, "match mark ")) == Words{"<0-0xffffffff>"});
    CHECK(words(help(Mode::crypto_map, "match mark 1 ")) == Words{"<1-0xffffffff>", "<cr>"});
    CHECK(help(Mode::interface, "match ").problem != "");
    CHECK(words(help(Mode::interface, "tunnel encap inner-dscp ")) ==
          Words{"keep", "set", "table"});
    CHECK(words(help(Mode::interface, "tunnel encap ecn ")) ==
          Words{"compatibility", "native", "rfc6040"});
    CHECK(words(help(Mode::interface, "tunnel decap ecn ")) == Words{"native", "rfc6040"});
    CHECK(help(Mode::interface, "tunnel control ").lines ==
          std::vector<HelpLine>{{"dscp", "DSCP of WireGuard's handshakes and keepalives"}});
}

TEST_CASE("? after a word lists the words that begin so") {
    const Help list = help(Mode::interface, "tun");
    CHECK(list.words_only);
    CHECK(words(list) == Words{"tunnel"});
    CHECK(format_help(list, 80) == "tunnel\n");
    CHECK(words(help(Mode::exec, "sh")) == Words{"show"});
    CHECK(words(help(Mode::exec, "co")) == Words{"configure", "copy"});
    CHECK(words(help(Mode::exec, "show t")) == Words{"table-map", "tunnel"});
}

TEST_CASE("? shows <cr> where the command is complete") {
    CHECK(words(help(Mode::exec, "write ")) == Words{"memory", "terminal", "<cr>"});
    CHECK(words(help(Mode::interface, "qos pre-classify ")) == Words{"table", "via", "<cr>"});
    CHECK(words(help(Mode::crypto_map, "qos pre-classify via ")) ==
          Words{"companion", "mark", "priority"});
    CHECK(words(help(Mode::interface, "no tunnel decap class ")) ==
          Words{"inner", "outer", "<cr>"});
    CHECK(words(help(Mode::interface, "tunnel decap class ")) == Words{"inner", "outer"});
    CHECK(words(help(Mode::exec, "show reasons ")) == Words{"|", "<cr>"});
    CHECK(words(help(Mode::exec, "show table-map ")) ==
          Words{"WORD", "lan", "wan", "|", "<cr>"}); // as in IOS behind all others
    CHECK(words(help(Mode::exec, "show reasons | ")) ==
          Words{"begin", "count", "exclude", "include", "json", "section"});
}

TEST_CASE("? shows variables with what they may be") {
    const Help dscp = help(Mode::interface, "tunnel encap dscp set ");
    REQUIRE(dscp.lines.size() > 20);
    CHECK(dscp.lines.front() == HelpLine{"<0-63>", "Outer DSCP"});
    CHECK(std::count(dscp.lines.begin(), dscp.lines.end(),
                     HelpLine{"ef", "Expedited forwarding (RFC 3246) (46)"}) == 1);
    CHECK(words(help(Mode::interface, "tunnel encap dscp set e")) == Words{"ef"});
    CHECK(words(help(Mode::config, "interface ")) == Words{"WORD", "gre1", "gre2", "lo"});
    CHECK(words(help(Mode::config, "interface gre")) == Words{"gre1", "gre2"});
    // Nothing begins so: what it may be.
    CHECK(words(help(Mode::config, "interface x")) == Words{"WORD"});
    CHECK(words(help(Mode::crypto_map, "set peer ")) == Words{"A.B.C.D|X:X::X"});
}

TEST_CASE("? knows the commands around the mode and behind do") {
    CHECK(words(help(Mode::interface, "crypto ")) == Words{"map"});
    CHECK(words(help(Mode::interface, "do show c")) == Words{"cos", "crypto"});
    CHECK(words(help(Mode::config, "do w")) == Words{"write"});
}

TEST_CASE("? lists no as a token, and behind it what has a no form") {
    CHECK(words(help(Mode::table_map, "")) == Words{"default", "do", "end", "exit", "map", "no"});
    CHECK(words(help(Mode::table_map, "no ")) == Words{"default", "map"});
}

TEST_CASE("? in a wrong line says so") {
    CHECK(help(Mode::exec, "nonsense ").problem == "% Unrecognized command");
    CHECK(help(Mode::exec, "zz").problem == "% Unrecognized command");
    CHECK(help(Mode::exec, "show t ").problem.starts_with("% Ambiguous command: \"show t\""));
}

TEST_CASE("tab completes keywords, live names and values") {
    CHECK(complete(Mode::exec, "sh") == Words{"show"});
    CHECK(complete(Mode::exec, "sh run i") == Words{"interface"});
    CHECK(complete(Mode::exec, "show tunnel ") == Words{"|", "gre1", "vpn"});
    CHECK(complete(Mode::interface, "tun enc ds tab w") == Words{"wan"});
    CHECK(complete(Mode::interface, "interface gr") == Words{"gre1", "gre2"});
    CHECK(complete(Mode::interface, "do sh run int l") == Words{"lo"});
    CHECK(complete(Mode::table_map, "map from af4") == Words{"af41", "af42", "af43"});
    CHECK(complete(Mode::exec, "zz").empty());
    CHECK(complete(Mode::exec, "show t x").empty());
}

TEST_CASE("words in columns respect the width of the screen") {
    Help list{{{"one", ""}, {"two", ""}, {"three", ""}}, true, {}};
    CHECK(format_help(list, 80) == "one    two    three\n");
    CHECK(format_help(list, 15) == "one    two\nthree\n");
    CHECK(format_help(list, 1) == "one\ntwo\nthree\n");
}

} // namespace
} // namespace tunqos::cli
