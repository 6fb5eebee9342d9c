// SPDX-License-Identifier: GPL-2.0-or-later
//
// `qos pre-classify` with its table, handle and via: in JSON and IOS text, to the module and back
// from there, and what is refused.
#include <linux/tunqos.h>

#include "catch.hpp"
#include "kernel/genl_codec.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;
using namespace tunqos::kernel;
using planner::compile;
using planner::reconcile;

namespace {

Config with(const PreClassify& pre_classify) {
    Config config = samples::full();
    config.interfaces["gre1"].tunnel->pre_classify = pre_classify;
    config.crypto_maps[{"vpn", 10}].tunnel.pre_classify = pre_classify;
    return config;
}

PreClassify via(ClassVia where, std::uint32_t mask = 0) {
    PreClassify pre_classify;
    pre_classify.enabled = true;
    pre_classify.via = where;
    pre_classify.mask = mask;
    return pre_classify;
}

PreClassify tins(std::uint16_t handle) {
    PreClassify pre_classify = via(ClassVia::mark, 0x3f00);
    pre_classify.table = "lan";
    pre_classify.handle = handle;
    return pre_classify;
}

std::vector<PreClassify> all() {
    return {via(ClassVia::companion),
            via(ClassVia::priority),
            via(ClassVia::mark, 0x3f00),
            via(ClassVia::mark, 0xffffffff),
            tins(0),
            tins(1),
            tins(0xfffe)};
}

std::string problem_of(const PreClassify& pre_classify) {
    const auto problems = validate(with(pre_classify));
    if (problems.empty()) return {};
    CHECK(problems.size() == 2); // the entry, and the interface
    CHECK(problems[1].path == "interface gre1 / qos pre-classify");
    return problems[1].message;
}

} // namespace

TEST_CASE("pre-classify in words") {
    CHECK(to_string(via(ClassVia::companion)).empty());
    CHECK(to_string(via(ClassVia::priority)) == " via priority");
    CHECK(to_string(via(ClassVia::mark, 0x3f00)) == " via mark 0x3f00");
    CHECK(to_string(tins(0x8001)) == " table lan handle 8001: via mark 0x3f00");
}

TEST_CASE("handles as tc has them") {
    CHECK(parse_handle("1:") == 1);
    CHECK(parse_handle("10") == 16);
    CHECK(parse_handle("fffe:") == 0xfffe);
    for (const char* bad : {"", ":", "0:", "ffff:", "10000:", "1:2", "x:", "0x1:", "-1:"})
        CHECK_FALSE(parse_handle(bad));
}

TEST_CASE("pre-classify reads back from JSON and from the module") {
    for (const auto& one : all()) {
        const Config config = with(one);
        CHECK(validate(config).empty());
        const auto read = config_from_text(config_to_text(config));
        REQUIRE(read);
        CHECK(*read == config);
        const State state = compile(config);
        for (const auto& [binding, tunnel] : state.tunnels) {
            const Message message = encode(tunnel, 27, 0, 1);
            const auto status =
                decode_tunnel(reinterpret_cast<const nlmsghdr*>(message.bytes().data()));
            REQUIRE(status);
            CHECK(status->tunnel == tunnel);
        }
        const Config back = planner::recover(state);
        const auto& recovered = back.interfaces.at("gre1").tunnel->pre_classify;
        CHECK(recovered.via == one.via);
        CHECK(recovered.mask == one.mask);
        CHECK(recovered.handle == one.handle);
        CHECK(compile(back) == state);
    }
}

TEST_CASE("numbers of a table are classes of the queue with the handle") {
    const auto table = compile(with(tins(0x8001))).tunnels.at("gre1").priority_table;
    REQUIRE(table);
    for (std::size_t i = 0; i < 64; ++i)
        CHECK((*table)[i] == (i == 18 ? 0x80010022U : 0xffffffffU));
}

TEST_CASE("what pre-classify cannot be") {
    PreClassify both = via(ClassVia::priority);
    both.table = "lan";
    CHECK(problem_of(both).starts_with("via priority does not go with a table"));
    for (const std::uint32_t mask : {0U, 1U, 0x1fU, 0x1f00U, 0xf0fU, 0x7e01U, 0x80000000U}) {
        CHECK_FALSE(holds_dscp(mask));
        CHECK(problem_of(via(ClassVia::mark, mask)) ==
              "mask " + hexadecimal(mask) +
                  " has no room for a DSCP, which is six bits in a row; use one such as 0x3f00");
    }
    PreClassify alone = via(ClassVia::companion);
    alone.handle = 1;
    CHECK(problem_of(alone).starts_with("handle 1: is the queue's whose classes a table names"));
    PreClassify copied = via(ClassVia::companion);
    copied.table = "wan"; // default copy: 0 for 0
    copied.handle = 1;
    CHECK(problem_of(copied) ==
          "table-map wan has 0 for default (0), but 1: has no class 0; give "
          "it another number, or default ignore");
    copied.handle = 0;
    CHECK(problem_of(copied).empty());
}

TEST_CASE("bad JSON of pre-classify") {
    const auto said = [](const std::string& text) {
        const auto read = config_from_text(
            R"({"version": 1, "interfaces": {"gre1": {"tunnel": {"preClassify": )" + text + "}}}}");
        REQUIRE_FALSE(read);
        CHECK(read.error().size() == 1);
        return read.error().front().path + ": " + read.error().front().message;
    };
    const std::string at = "interfaces / gre1 / tunnel / preClassify";
    CHECK(said("1") == at + ": must be true, false or an object with table or via, not 1");
    CHECK(said(R"({"via": "hash"})") == at + " / via: must be \"companion\", \"priority\" or "
                                             "{\"mark\": MASK}, not \"hash\"");
    CHECK(said(R"({"via": {"mark": "x"}})").starts_with(at + " / via / mark: "));
    CHECK(said(R"({"table": "t", "handle": "ffff:"})")
              .starts_with(at + " / handle: \"ffff:\" is no handle of a qdisc"));
    CHECK(said(R"({"by": "mark"})").starts_with(at + " / by: unknown key"));
}

TEST_CASE("a module without it says so by name") {
    constexpr auto older = ~std::uint64_t{TUNQOS_CAPABILITY_CLASS_VIA};
    const auto lacks = [](const PreClassify& one) {
        const auto operations = reconcile(compile(with(one)), {});
        CHECK(planner::lacking(operations, ~std::uint64_t{0}).empty());
        return planner::lacking(operations, older);
    };
    CHECK(lacks(via(ClassVia::companion)).empty());
    const auto problems = lacks(via(ClassVia::mark, 0x3f00));
    REQUIRE(problems.size() == 2);
    for (const auto& problem : problems)
        CHECK(problem.message.starts_with("qos pre-classify via is not known to the module"));
}
