// SPDX-License-Identifier: GPL-2.0-or-later
//
// The matcher, on commands made for the purpose.
#include <stdexcept>

#include "cli_test.hpp"

namespace tunqos::cli {
namespace {

Status nothing(Session&, const Match&) {
    return Status::ok;
}

Command command(std::vector<Mode> modes, std::string_view text, std::vector<Token> tokens) {
    return {.modes = std::move(modes),
            .grammar = text,
            .tokens = std::move(tokens),
            .summary = {},
            .example = {},
            .run = nothing};
}

const Grammar& small() {
    const Token help[] = {{"set", "h"},  {"DSCP", "h"}, {"mark", "h"}, {"market", "h"},
                          {"copy", "h"}, {"keep", "h"}, {"show", "h"}, {"line", "h"},
                          {"LINE", "h"}, {"TOS", "h"},  {"a", "h"},    {"b", "h"}};
    const auto of = [&](std::initializer_list<std::string_view> names) {
        std::vector<Token> tokens;
        for (const auto name : names) {
            tokens.push_back(*std::find_if(std::begin(help), std::end(help),
                                           [&](const Token& one) { return one.text == name; }));
        }
        return tokens;
    };
    static std::vector<Command> commands{
        command({Mode::exec}, "mark", of({"mark"})),
        command({Mode::exec}, "market DSCP", of({"market", "DSCP"})),
        command({Mode::config}, "[no] set ![{copy | keep | DSCP}] [a [b]]",
                of({"set", "copy", "keep", "DSCP", "a", "b"})),
        command({Mode::config}, "line LINE", of({"line", "LINE"})),
        command({Mode::interface}, "mark TOS", of({"mark", "TOS"})),
    };
    static const Grammar the_grammar(commands);
    return the_grammar;
}

const Match* matched(const Outcome& outcome) {
    return std::get_if<Match>(&outcome);
}

std::size_t column_of(const Outcome& outcome) {
    const auto* invalid = std::get_if<Invalid>(&outcome);
    return invalid == nullptr ? std::string::npos : invalid->column;
}

TEST_CASE("an exact keyword beats a longer one that begins so") {
    const auto outcome = small().match(Mode::exec, "mark");
    REQUIRE(matched(outcome));
    CHECK(matched(outcome)->has("mark"));
}

TEST_CASE("the begin of two keywords is ambiguous") {
    const auto outcome = small().match(Mode::exec, "mar");
    const auto* ambiguous = std::get_if<Ambiguous>(&outcome);
    REQUIRE(ambiguous);
    CHECK(ambiguous->candidates == std::vector<std::string>{"mark", "market"});
    CHECK(explain(outcome, "mar", 0) ==
          "% Ambiguous command: \"mar\"\n% It could be mark or market.");
}

TEST_CASE("a unique begin is enough, in any case") {
    const auto outcome = small().match(Mode::exec, "MARKE 0x2e");
    REQUIRE(matched(outcome));
    CHECK(matched(outcome)->get("DSCP") == "0x2e");
}

TEST_CASE("a line that goes on is incomplete") {
    CHECK(std::holds_alternative<Incomplete>(small().match(Mode::exec, "market")));
    CHECK(std::holds_alternative<Incomplete>(small().match(Mode::config, "line  ")));
    CHECK(explain(Incomplete{}, "market", 0) == "% Incomplete command.");
    const auto said = [](Mode mode, std::string_view line) {
        return explain(grammar().match(mode, line), line, 0);
    };
    CHECK(said(Mode::config, "crypto map vpn") ==
          "% Incomplete command.\n% It goes on with <1-65535> (Number of the entry).");
    CHECK(said(Mode::interface, "tunnel encap dscp") ==
          "% Incomplete command.\n% It goes on with copy, native, set or table.");
    CHECK(said(Mode::exec, "show") == "% Incomplete command."); // more than a line: `?`
}

TEST_CASE("what is too much, and what would be right instead") {
    const auto said = [](Mode mode, std::string_view line) {
        const auto outcome = grammar().match(mode, line);
        REQUIRE(std::holds_alternative<Invalid>(outcome));
        return std::get<Invalid>(outcome).message;
    };
    CHECK(said(Mode::interface, "tunnel encap ecn foo") ==
          "\"foo\" is not a keyword here; use compatibility, native or rfc6040");
    CHECK(said(Mode::interface, "tunnel decap dscp copy permit 0-47 , 48") ==
          "\",\" is too much: the command ends before it");
    CHECK(said(Mode::exec, "show version now") ==
          "\"now\" is too much: the command ends before it");
    CHECK(said(Mode::exec, "nonsense").empty());
}

TEST_CASE("the number of an interface may stand apart from its name") {
    const auto name = [](Mode mode, std::string_view line) {
        const auto outcome = grammar().match(mode, line);
        return matched(outcome) ? matched(outcome)->get("INTERFACE") : std::string("no match");
    };
    CHECK(name(Mode::config, "interface gre 1") == "gre1");
    CHECK(name(Mode::config, "no int Tunnel 12") == "Tunnel12");
    CHECK(name(Mode::config, "default interface lan 0.10") == "lan0.10");
    CHECK(name(Mode::exec, "show interfaces gre 1 | include up") == "gre1");
    CHECK(name(Mode::exec, "show run int gre 1") == "gre1");
    for (const char* line :
         {"interface gre1 2", "interface gre x", "interface gre 1.", "interface gre .1",
          "interface gre 1 2", "interface abcdefghijklmn 12"}) {
        CAPTURE(line);
        CHECK(name(Mode::config, line) == "no match");
    }
    CHECK(name(Mode::config, "interface abcdefghijklmn 1") == "abcdefghijklmn1"); // 15, the limit
    // Not what is no interface:
    CHECK(std::holds_alternative<Invalid>(grammar().match(Mode::config, "table-map wan 1")));
}

TEST_CASE("an output modifier needs no spaces") {
    const auto outcome = grammar().match(Mode::exec, "sh run|i a|b");
    REQUIRE(matched(outcome));
    CHECK(matched(outcome)->has("include"));
    CHECK(matched(outcome)->get("LINE") == "a|b");
    const auto text = grammar().match(Mode::interface, "description a|b");
    REQUIRE(matched(text));
    CHECK(matched(text)->get("LINE") == "a|b");
    CHECK(column_of(grammar().match(Mode::exec, "show nonsense|i x")) == 5);
}

TEST_CASE("alternatives, options and nested options") {
    for (const char* line : {"set copy", "set keep a", "set ef a b", "set 63 a b"}) {
        CAPTURE(line);
        CHECK(matched(small().match(Mode::config, line)));
    }
    CHECK(column_of(small().match(Mode::config, "set copy b")) == 9);
    CHECK(column_of(small().match(Mode::config, "set copy keep")) == 9);
    CHECK(column_of(small().match(Mode::config, "set copy a b b")) == 13);
    CHECK(std::holds_alternative<Incomplete>(small().match(Mode::config, "set")));
}

TEST_CASE("the no form makes an obligatory part optional") {
    for (const char* line : {"no set", "no set copy", "no set 12", "no set a b", "no s c a"}) {
        CAPTURE(line);
        const auto outcome = small().match(Mode::config, line);
        REQUIRE(matched(outcome));
        CHECK(matched(outcome)->negated);
    }
    CHECK(column_of(small().match(Mode::config, "no line x")) == 3);
    CHECK(column_of(small().match(Mode::exec, "no mark")) == 0);
}

TEST_CASE("the caret stands under the word that is wrong") {
    const auto wrong = [](std::string_view line) {
        return column_of(small().match(Mode::exec, line));
    };
    CHECK(wrong("nonsense") == 0);
    CHECK(wrong("  nonsense") == 2);
    CHECK(wrong("mark too") == 5);
    CHECK(wrong("market   64") == 9);
    CHECK(wrong("marks") == 0);
    CHECK(explain(Invalid{7, {}}, "market 64", 5) ==
          "            ^\n% Invalid input detected at '^' marker.");
    // On a screen of 10 columns the line goes on in the next row.
    CHECK(explain(Invalid{7, {}}, "market 64", 5, 10).starts_with("  ^\n"));
}

TEST_CASE("the type says what is wrong with a value, and what else would do") {
    const auto outcome = small().match(Mode::config, "set af99");
    REQUIRE(std::holds_alternative<Invalid>(outcome));
    CHECK(std::get<Invalid>(outcome).message ==
          "\"af99\" is not a dscp; use 0-63 or a name such as ef, af41, cs1, default; or copy or "
          "keep");
}

TEST_CASE("LINE takes the rest of the line with its spaces") {
    const auto outcome = small().match(Mode::config, "line  to branch   b ! x  ");
    REQUIRE(matched(outcome));
    CHECK(matched(outcome)->get("LINE") == "to branch   b ! x");
}

TEST_CASE("the outer mode is tried after the inner one, never the other way") {
    auto resolved = small().resolve(Mode::interface, "set copy");
    CHECK(resolved.mode == Mode::config);
    CHECK(matched(resolved.outcome));
    resolved = small().resolve(Mode::interface, "mark 4");
    CHECK(resolved.mode == Mode::interface);
    CHECK(column_of(small().resolve(Mode::config, "mark 4").outcome) == 0);
    // The error that is further right is the one to report.
    CHECK(column_of(small().resolve(Mode::interface, "set bad").outcome) == 4);
    CHECK(column_of(small().resolve(Mode::interface, "mark bad").outcome) == 5);
}

TEST_CASE("comments and empty lines are blank") {
    CHECK(is_blank(""));
    CHECK(is_blank(" \t\r"));
    CHECK(is_blank("! comment"));
    CHECK(is_blank("  !"));
    CHECK_FALSE(is_blank("a !"));
}

TEST_CASE("a wrong declaration does not start") {
    const auto build = [](std::string_view text, std::vector<Token> tokens) {
        Grammar made({command({Mode::exec}, text, std::move(tokens))});
    };
    CHECK_NOTHROW(build("a {b | c}", {{"a", "h"}, {"b", "h"}, {"c", "h"}}));
    CHECK_THROWS_AS(build("a {b | c", {{"a", "h"}, {"b", "h"}, {"c", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("a ]", {{"a", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("a {b | }", {{"a", "h"}, {"b", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("[a]", {{"a", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("a b", {{"a", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("a", {{"a", "h"}, {"b", "h"}}), std::logic_error);
    CHECK_THROWS_AS(build("a NOTYPE", {{"a", "h"}, {"NOTYPE", "h"}}), std::logic_error);
}

TEST_CASE("no text brings the matcher down") {
    // Every short text over an alphabet that holds each kind of character, in every mode.
    const std::string_view alphabet("ns |?!\t\xff{0", 10);
    const FixedNames names;
    for (const Mode mode : {Mode::exec, Mode::config, Mode::interface, Mode::table_map}) {
        for (std::size_t number = 0; number < 11110; ++number) {
            std::string text;
            for (std::size_t rest = number; rest > 0; rest /= 10)
                text += alphabet[rest % 10];
            const auto resolved = grammar().resolve(mode, text);
            (void)explain(resolved.outcome, text, 3, 80);
            if (number % 10 == 0) {
                (void)grammar().help(mode, text, names);
                (void)grammar().complete(mode, text, names);
            }
        }
    }
    SUCCEED();
}

} // namespace
} // namespace tunqos::cli
