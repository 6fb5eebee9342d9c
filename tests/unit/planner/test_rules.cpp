// SPDX-License-Identifier: GPL-2.0-or-later
//
// Marking rules on their way to the module and back.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <algorithm>

#include "catch.hpp"
#include "control/baselines.hpp"
#include "kernel/genl_codec.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using kernel::DelRule;
using kernel::Operation;
using KernelRule = kernel::Rule;
using kernel::State;

namespace {

constexpr std::uint32_t usual_mask = 0x00ff0000;

const nlmsghdr* header(const kernel::Message& message) {
    return reinterpret_cast<const nlmsghdr*>(message.bytes().data());
}

KernelRule rule(std::uint8_t number, std::uint32_t mask = usual_mask) {
    KernelRule one;
    one.number = number;
    one.mark_mask = mask;
    return one;
}

// With all that a rule can have.
KernelRule full() {
    KernelRule one = rule(254);
    one.cos_mask = 0x0f000000;
    one.arrival_dscp.emplace();
    for (std::size_t i = 0; i < one.arrival_dscp->size(); ++i)
        (*one.arrival_dscp)[i] = static_cast<std::uint8_t>(3 * i);
    one.arrival_override = true;
    one.arrival_tag.emplace();
    one.arrival_tag->fill(table_leave);
    one.dscp_tag.emplace();
    one.dscp_tag->fill(12);
    one.insert_tag = true;
    return one;
}

State state_of(const std::vector<KernelRule>& rules) {
    State state;
    for (const auto& one : rules)
        state.rules.emplace(one.number, one);
    return state;
}

std::size_t attributes_in(const kernel::Message& message) {
    std::size_t count = 0;
    const auto all = message.bytes().subspan(NLMSG_HDRLEN + GENL_HDRLEN);
    kernel::each_attribute(all.data(), all.size(), [&](const nlattr*) { ++count; });
    return count;
}

} // namespace

TEST_CASE("a rule is decoded as it was encoded", "[rules]") {
    for (const auto& one : {rule(1), full()}) {
        const auto message = encode(one, 27, 0, 1);
        CHECK(kernel::command_of(header(message)) == TUNQOS_CMD_SET_RULE);
        const auto decoded = kernel::decode_rule(header(message));
        REQUIRE(decoded);
        CHECK(decoded->rule == one);
    }
    CHECK(attributes_in(encode(rule(1), 27, 0, 1)) == 2);
    const auto del = encode(DelRule{7}, 27, 0, 1);
    CHECK(kernel::command_of(header(del)) == TUNQOS_CMD_DEL_RULE);
    CHECK(kernel::decode_rule(header(del))->rule.number == 7);
}

TEST_CASE("a rule's status has hooks and counters of both directions", "[rules]") {
    kernel::Message message(27, 0, TUNQOS_CMD_GET_RULE, 1, 1);
    message.put_u8(TUNQOS_A_RULE_NUMBER, 3);
    message.put_u32(TUNQOS_A_RULE_HOOKS, TUNQOS_HOOK_RULE);
    kernel::Message original(0, 0, 0, 0, 0);
    original.put_u64(TUNQOS_A_COUNTERS_PACKETS, 10);
    original.put_u64(TUNQOS_A_COUNTERS_WRITTEN, 9);
    original.put_u64(TUNQOS_A_COUNTERS_LEFT_ALONE, 1);
    const auto nest = original.bytes().subspan(NLMSG_HDRLEN + GENL_HDRLEN);
    message.put_bytes(TUNQOS_A_RULE_ORIGINAL, nest.data(), nest.size());
    message.put_bytes(TUNQOS_A_RULE_REPLY, nest.data(), MNL_ALIGN(MNL_ATTR_HDRLEN + 8));
    const auto status = kernel::decode_rule(header(message));
    REQUIRE(status);
    CHECK(status->hooks == TUNQOS_HOOK_RULE);
    CHECK(status->original.packets == 10);
    CHECK(status->original.written == 9);
    CHECK(status->original.left_alone == 1);
    CHECK(status->reply.packets == 10);
    CHECK(status->reply.written == 0);
    // Without a number it is none.
    CHECK_FALSE(kernel::decode_rule(header(kernel::Message(27, 0, TUNQOS_CMD_GET_RULE, 1, 1))));
}

TEST_CASE("a port whose rules know the tag says so", "[rules]") {
    kernel::Port port;
    port.device = "lan0";
    port.rules = true;
    CHECK(kernel::decode_port(header(encode(port, 27, 0, 1)))->port == port);
    port.rules = false;
    CHECK(attributes_in(encode(port, 27, 0, 1)) == 1);
}

TEST_CASE("only rules that differ are sent, and removals first", "[rules]") {
    const State actual = state_of({rule(1), rule(2), rule(3)});
    KernelRule changed = rule(2);
    changed.insert_tag = true;
    const State desired = state_of({rule(1), changed, rule(4)});
    CHECK(planner::reconcile(actual, actual).empty());
    const auto operations = planner::reconcile(desired, actual);
    CHECK(operations == std::vector<Operation>{DelRule{3}, changed, rule(4)});
    State after = actual;
    planner::carry_out(operations, after);
    CHECK(after == desired);
    CHECK(planner::clear_for_other_masks(desired, actual).empty());
}

TEST_CASE("another mask takes a commit that removes all rules first", "[rules]") {
    const State actual = state_of({rule(1), rule(2)});
    const std::vector<Operation> all = {DelRule{1}, DelRule{2}};
    CHECK(planner::clear_for_other_masks(state_of({rule(1, 0xff00)}), actual) == all);
    KernelRule by_cos = rule(1);
    by_cos.cos_mask = 0x0f000000;
    CHECK(planner::clear_for_other_masks(state_of({by_cos}), actual) == all);
    // Removing all is one commit, and so is the first rule.
    CHECK(planner::clear_for_other_masks({}, actual).empty());
    CHECK(planner::clear_for_other_masks(actual, {}).empty());
}

TEST_CASE("what the module says of rules is what it holds", "[rules]") {
    kernel::RuleStatus status;
    status.rule = full();
    CHECK(planner::from_dump({}, {}, {status}) == state_of({full()}));
}

TEST_CASE("a module without rules is told apart", "[rules]") {
    kernel::Port port;
    port.device = "lan0";
    port.rules = true;
    const std::vector<Operation> operations = {rule(1), port};
    const auto problems =
        planner::lacking(operations, TUNQOS_CAPABILITY_MASK - TUNQOS_CAPABILITY_RULES);
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].path == "rule 1");
    CHECK(problems[0].message.find("qos rule is not known to the module") == 0);
    CHECK(problems[1].path == "interface lan0");
    CHECK(problems[1].message.find("qos 802.1p is not known") == 0);
    CHECK(planner::lacking(operations, TUNQOS_CAPABILITY_MASK).empty());
    CHECK(planner::lacking(std::vector<Operation>{DelRule{1}}, 0).empty());
}

TEST_CASE("a rule of the configuration is its tables, by its place", "[rules]") {
    Config config;
    config.qos_maps.cos_dscp[5] = 46;
    config.rules[100].dscp = RuleAction::map;
    config.rules[100].override = true;
    config.rules[100].cos = RuleAction::map;
    config.rules[7]; // preserve, none
    config.rule_options.mark_mask = 0xff00;
    const auto rules = planner::compile(config).rules;
    REQUIRE(rules.size() == 2);
    CHECK_FALSE(rules.at(1).arrival_dscp);
    CHECK_FALSE(rules.at(1).arrival_override);
    CHECK_FALSE(rules.at(1).insert_tag);
    const KernelRule& mapped = rules.at(2);
    CHECK(mapped.number == 2);
    CHECK(mapped.mark_mask == 0xff00);
    CHECK(mapped.cos_mask == 0);
    CHECK(mapped.arrival_dscp->at(10) == 46);
    CHECK(mapped.arrival_dscp->back() == table_leave);
    CHECK(mapped.arrival_override);
    CHECK(mapped.arrival_tag->at(11) == 11);
    CHECK(mapped.dscp_tag->at(46) == 2 * 5);
    CHECK(mapped.insert_tag);
}

TEST_CASE("rules are recovered from what was known, 802.1p of a port from the module", "[rules]") {
    Config known;
    known.rules[10].match.from = "LAN";
    known.zones["LAN"] = {"lan0"};
    known.rule_options.mark_mask = 0xff00;
    State state = planner::compile(known);
    kernel::Port port;
    port.device = "lan0";
    port.rules = true;
    state.ports.emplace("lan0", port);
    Config wanted = known;
    wanted.interfaces["lan0"].dot1p = true;
    CHECK(planner::recover(state, known) == wanted);
    CHECK(planner::compile(wanted) == state);
    CHECK(planner::recover(state, wanted) == wanted);
    // What they match is nowhere but in the configuration.
    CHECK(planner::recover(state).rules.empty());
}

TEST_CASE("a refusal names the attributes of a rule", "[rules]") {
    const auto message = encode(full(), 27, 0, 1);
    std::vector<std::string> found;
    const auto begin = message.bytes().data();
    const auto all = message.bytes().subspan(NLMSG_HDRLEN + GENL_HDRLEN);
    kernel::each_attribute(all.data(), all.size(), [&](const nlattr* attribute) {
        const auto offset = reinterpret_cast<const std::uint8_t*>(attribute) - begin;
        found.push_back(kernel::attribute_at(message.bytes(), static_cast<std::uint32_t>(offset)));
    });
    CHECK(found == std::vector<std::string>{"number", "mark-mask", "cos-mask", "arrival-dscp",
                                            "arrival-override", "arrival-tag", "dscp-tag",
                                            "insert-tag"});
}

TEST_CASE("cleared counters of a rule begin at 0, of both directions", "[rules]") {
    kernel::RuleStatus status;
    status.rule = rule(5);
    status.original = {10, 8, 2, 0};
    status.reply = {4, 4, 0, 0};
    Baselines baselines;
    baselines.clear(status);
    status.original = {15, 12, 3, 0};
    kernel::RuleStatus shown = status;
    baselines.subtract(shown);
    CHECK(shown.original.packets == 5);
    CHECK(shown.original.written == 4);
    CHECK(shown.reply.packets == 0);
    // Another rule with its number counts from the start.
    baselines.forget(std::vector<Operation>{DelRule{5}}, state_of({rule(5)}));
    shown = status;
    baselines.subtract(shown);
    CHECK(shown.original.packets == 15);
}
