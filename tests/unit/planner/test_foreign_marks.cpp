// SPDX-License-Identifier: GPL-2.0-or-later
//
// The statements are as nft 1.0.6 lists them: nft -j -t -s -n list ruleset.
#include "planner/foreign_marks.hpp"

#include "catch.hpp"

using namespace tunqos;
using planner::find_foreign_marks;
using planner::ForeignMarks;

namespace {

constexpr std::uint32_t mask = 0x00ff0000;

std::string value_of(const std::string& value) {
    return R"({"mangle":{"key":{"ct":{"key":"mark"}},"value":)" + value + "}}";
}

std::string rule(const std::string& statements, const std::string& table = "filter") {
    return R"({"rule":{"family":"inet","table":")" + table +
           R"(","chain":"pre","handle":4,"expr":[)" + statements + "]}}";
}

std::string ruleset(const std::string& rules) {
    return R"({"nftables":[{"metainfo":{"version":"1.0.6","release_name":"Lester Gooch #5",)"
           R"("json_schema_version":1}},{"table":{"family":"inet","name":"filter","handle":1}},)"
           R"({"chain":{"family":"inet","table":"filter","name":"pre","handle":1,)"
           R"("type":"filter","hook":"prerouting","prio":-150,"policy":"accept"}},)" +
           rules + "]}";
}

ForeignMarks found_in(const std::string& rules) {
    auto found = find_foreign_marks(ruleset(rules), mask);
    REQUIRE(found);
    return *found;
}

// What is said of `ct mark set` with this value, without the place; empty: nothing.
std::string said_of(const std::string& value) {
    const auto found = found_in(rule(value_of(value)));
    CHECK(found.unreadable.empty());
    if (found.erasing.empty()) return {};
    REQUIRE(found.erasing.size() == 1);
    CHECK(found.erasing[0].place == "table inet filter, chain pre, handle 4");
    return found.erasing[0].text();
}

const std::string ct_mark = R"({"ct":{"key":"mark"}})";
const std::string meta_mark = R"({"meta":{"key":"mark"}})";

std::string of(const std::string& op, const std::string& left, const std::string& right) {
    return R"({")" + op + R"(":[)" + left + ',' + right + "]}";
}

} // namespace

TEST_CASE("a mark that is written whole erases the number of a rule", "[rules]") {
    CHECK(said_of("2") ==
          "ct mark set 0x2 erases the number of a rule, bits 0xff0000 of the mark; "
          "use ct mark set ct mark & 0xff0000 | 0x2");
    CHECK(said_of("0").find("; use ct mark set ct mark & 0xff0000") != std::string::npos);
    // Bits of ours are not for others.
    CHECK(said_of("1179650").find("ct mark & 0xff0000 | 0x2") != std::string::npos);
    const std::string each =
        "use a rule for each value N that occurs, with ct mark set ct mark & 0xff0000 | N";
    CHECK(said_of(meta_mark) ==
          "ct mark set meta mark erases the number of a rule, bits 0xff0000 "
          "of the mark; " +
              each);
    CHECK(said_of(of("&", meta_mark, "255")).find(each) != std::string::npos);
    for (const char* const value :
         {R"({"map":{"key":{"payload":{"protocol":"ip","field":"saddr"}},"data":"@named"}})",
          R"({"map":{"key":{"payload":{"protocol":"ip","field":"saddr"}},)"
          R"("data":{"set":[["1.1.1.1",1]]}}})"})
        CHECK(said_of(value).find("ct mark set a map erases") == 0);
    CHECK(said_of(R"({"numgen":{"mode":"inc","mod":2,"offset":0}})").find(each) !=
          std::string::npos);
    CHECK(said_of(R"({"jhash":{"mod":4,"expr":{"payload":{"protocol":"ip","field":"saddr"}}}})") !=
          "");
    CHECK(said_of(of("<<", ct_mark, "2")) != "");
}

TEST_CASE("who writes our bits among others is told of other bits, too", "[rules]") {
    const std::string other = ", or choose other bits with qos rules mark-mask";
    CHECK(said_of(of("|", of("&", ct_mark, "4278255615"), "2")) ==
          "ct mark set ct mark & 0xff00ffff | 0x2 erases the number of a rule, bits 0xff0000 of "
          "the mark; use ct mark set ct mark | 0x2" +
              other);
    CHECK(said_of(of("|", ct_mark, "131072")).find("take it out" + other) != std::string::npos);
    CHECK(said_of(of("&", ct_mark, "65535")).find("use ct mark set ct mark & 0xffffff" + other) !=
          std::string::npos);
    CHECK(said_of(of("^", ct_mark, "65536")) != "");
}

TEST_CASE("who keeps our bits is left in peace", "[rules]") {
    // As nft prints what was typed as ct mark & 0x00ff0000 | 0x2
    CHECK(said_of(of("|", of("&", ct_mark, "16711682"), "2")).empty());
    CHECK(said_of(of("|", ct_mark, "2")).empty());
    CHECK(said_of(of("&", ct_mark, "16777215")).empty());
    CHECK(said_of(of("^", ct_mark, "1")).empty());
    CHECK(said_of(of("|", "2", of("&", "16711680", ct_mark))).empty());
    CHECK(said_of(R"({"|":[)" + ct_mark + ",2,4]}").empty());
    CHECK(said_of(ct_mark).empty());
    const auto others = found_in(
        rule(R"({"mangle":{"key":{"meta":{"key":"mark"}},"value":{"ct":{"key":"mark"}}}},)"
             R"({"match":{"op":"==","left":{"&":[{"ct":{"key":"mark"}},255]},"right":2}},)"
             R"({"counter":null},{"accept":null},{"xt":{"type":"target","name":"MASQUERADE"}},)"
             R"({"xt":{"type":"match","name":"conntrack"}},{"xt":null})"));
    CHECK(others.erasing.empty());
    CHECK(others.unreadable.empty());
}

TEST_CASE("our own table is not foreign, and each of the others is named", "[rules]") {
    const std::string bad = value_of("2");
    CHECK(found_in(rule(bad, "tunqos")).erasing.empty());
    const auto found =
        found_in(rule(bad) + ',' + rule(R"({"counter":null},)" + bad + ',' + bad, "tunqos2"));
    REQUIRE(found.erasing.size() == 3);
    CHECK(found.erasing[2].place == "table inet tunqos2, chain pre, handle 4");
}

TEST_CASE("what iptables writes the mark with cannot be read", "[rules]") {
    const auto found = found_in(
        R"({"rule":{"family":"ip","table":"mangle","chain":"PREROUTING","handle":2,"expr":)"
        R"([{"counter":null},{"xt":{"type":"target","name":"CONNMARK"}}]}})");
    CHECK(found.erasing.empty());
    REQUIRE(found.unreadable.size() == 1);
    CHECK(found.unreadable[0].place == "table ip mangle, chain PREROUTING, handle 2");
    CHECK(found.unreadable[0].text().find("CONNMARK of iptables cannot be read") !=
          std::string::npos);
}

TEST_CASE("what is no ruleset is a problem, and an empty one is none", "[rules]") {
    CHECK(find_foreign_marks("", mask)->erasing.empty());
    CHECK(found_in(R"({"chain":null},3,{"rule":null},{"rule":{}},{"rule":{"expr":[1,{"mangle":2},)"
                   R"({"mangle":{"key":{"ct":3}}}]}})")
              .erasing.empty());
    for (const char* const text : {"{", "[]", "{}", R"({"nftables":3})"}) {
        const auto found = find_foreign_marks(text, mask);
        REQUIRE_FALSE(found);
        CHECK(found.error()[0].path == "nftables");
    }
    // As deep as one likes: nothing is known of it, and nothing happens.
    std::string deep = ct_mark;
    for (int i = 0; i < 200; ++i)
        deep = of("|", deep, "2");
    CHECK(said_of(deep) != "");
}
