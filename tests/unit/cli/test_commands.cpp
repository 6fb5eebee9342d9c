// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real command table: every declaration is complete and does not get into another's way.
#include <map>

#include "cli/generate.hpp"
#include "cli/grammar/modes.hpp"
#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

TEST_CASE("every command parses by its own example, in each of its modes") {
    for (const Command& command : grammar().commands()) {
        for (const Mode mode : command.modes) {
            CAPTURE(command.grammar, command.example, name_of(mode));
            const auto outcome = grammar().match(mode, command.example);
            const auto* match = std::get_if<Match>(&outcome);
            REQUIRE(match);
            // `do` stands for the command behind it.
            if (!command.nested) CHECK(match->command == &command);
            CHECK_FALSE(match->negated);
        }
    }
}

TEST_CASE("every no form parses: the example with no before it") {
    for (const Command& command : grammar().commands()) {
        for (const Mode mode : command.modes) {
            CAPTURE(command.grammar, command.example);
            const auto outcome = grammar().match(mode, "no " + std::string(command.example));
            const auto* match = std::get_if<Match>(&outcome);
            REQUIRE((match != nullptr) == has_no_form(command));
            if (match != nullptr) CHECK((match->command == &command && match->negated));
        }
    }
}

TEST_CASE("every command does one thing and is documented") {
    for (const Command& command : grammar().commands()) {
        CAPTURE(command.grammar);
        CHECK_FALSE(command.modes.empty());
        CHECK(command.summary.ends_with('.'));
        CHECK((command.edit != nullptr) + (command.run != nullptr) + command.nested == 1);
        if (has_no_form(command) || command.enter != nullptr) CHECK(command.edit != nullptr);
    }
}

TEST_CASE("a keyword has one help text in a mode") {
    std::map<std::pair<Mode, std::string_view>, std::string_view> first_words;
    for (const Command& command : grammar().commands()) {
        for (const Mode mode : command.modes) {
            const Token& first = command.tokens.front();
            const auto [known, added] = first_words.try_emplace({mode, first.text}, first.help);
            CAPTURE(command.grammar, first.text);
            CHECK(known->second == first.help);
        }
    }
}

TEST_CASE("the habits of an IOS engineer work") {
    const std::pair<Mode, const char*> lines[] = {
        {Mode::exec, "conf t"},
        {Mode::exec, "sh run"},
        {Mode::exec, "sh run | i tunnel"},
        {Mode::exec, "sh run int gre1"},
        {Mode::exec, "sh ver"},
        {Mode::exec, "sh start"},
        {Mode::exec, "sh tab wan"},
        {Mode::exec, "sh cry map"},
        {Mode::exec, "sh int gre1 | exc packets"},
        {Mode::exec, "sh tu vpn 10 | json"},
        {Mode::exec, "wr"},
        {Mode::exec, "wr mem"},
        {Mode::exec, "wr t | sec crypto"},
        {Mode::exec, "clear count vpn 10"},
        {Mode::exec, "sh run|c int"},
        {Mode::exec, "sh run cry map vpn"},
        {Mode::exec, "logo"},
        {Mode::exec, "copy run start"},
        {Mode::exec, "en"},
        {Mode::exec, "term len 0"},
        {Mode::config, "int gre1"},
        {Mode::config, "do sh run"},
        {Mode::config, "no int gre1"},
        {Mode::config, "def int gre 1"},
        {Mode::config, "no crypto map vpn"},
        {Mode::config, "crypto map vpn 10 ipsec-isakmp"},
        {Mode::interface, "tun enc ds tab wan"},
        {Mode::interface, "tunnel tos 184"},
        {Mode::interface, "no qos pre"},
        {Mode::interface, "desc what ever | else"},
        {Mode::table_map, "map f 46 t 34"},
        {Mode::table_map, "def cop"},
    };
    for (const auto& [mode, line] : lines) {
        CAPTURE(line);
        CHECK(std::holds_alternative<Match>(grammar().match(mode, line)));
    }
}

TEST_CASE("values out of range are refused with the way out") {
    const std::pair<const char*, const char*> lines[] = {
        {"tunnel encap dscp set 64", "\"64\" is not a dscp; use 0-63"},
        {"tunnel tos 185",
         "tos 185 sets the ECN bits, which are not for configuration; use 184 for "
         "dscp ef (46)"},
        {"tunnel tos 256", "\"256\" is not a tos value"},
        {"tunnel decap dscp copy permit 0-47,af99", "\"af99\" is not a dscp list"},
        {"tunnel decap dscp keep permit 0-47",
         "\"permit\" is too much: the command ends before it"},
        {"tunnel encap inner-dscp set 64", "\"64\" is not a dscp; use 0-63"},
        {"tunnel control dscp 184", "\"184\" is not a dscp; use 0-63"},
        {"tunnel encap dscp table a/b", "\"a/b\" is not a name"},
        {"interface a23456789012345x", "\"a23456789012345x\" is not an interface name"},
        {"crypto map vpn 0", "\"0\" is not a sequence number; use 1-65535"},
        {"crypto map vpn 65536", "\"65536\" is not a sequence number; use 1-65535"},
    };
    for (const auto& [line, message] : lines) {
        CAPTURE(line);
        const auto outcome = grammar().resolve(Mode::interface, line).outcome;
        REQUIRE(std::holds_alternative<Invalid>(outcome));
        CHECK(std::get<Invalid>(outcome).message.starts_with(message));
    }
    const auto peer = grammar().match(Mode::crypto_map, "set peer 10.0.0.256");
    REQUIRE(std::holds_alternative<Invalid>(peer));
    CHECK(std::get<Invalid>(peer).message.starts_with("\"10.0.0.256\" is not an IP address"));
}

TEST_CASE("the man page has every command and no mark of the grammar") {
    const std::string man = generate_man(grammar());
    for (const Command& command : grammar().commands()) {
        CAPTURE(command.grammar);
        CHECK(plain_grammar(command).find("![") == std::string::npos);
        CHECK(man.find("\\fB" + std::string(command.tokens.front().text.substr(0, 4))) !=
              std::string::npos);
    }
    CHECK(man.find(".SH EXIT STATUS") != std::string::npos);
}

} // namespace
} // namespace tunqos::cli
