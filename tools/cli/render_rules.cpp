// SPDX-License-Identifier: GPL-2.0-or-later
//
// `show qos rules`, and the maps in SonicOS's layout: `show qos mapping`.
#include <fmt/format.h>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

std::string or_any(const std::string& name) {
    return name.empty() ? "any" : name;
}

// Of one line: what the match lines of the rule say.
std::string match_text(const RuleMatch& match) {
    std::string text = traffic_text(match);
    const auto add = [&](const char* what, const std::string& words) {
        if (!words.empty()) text += (text.empty() ? "" : " ") + std::string(what) + ' ' + words;
    };
    add("dscp", dscp_words(match.dscp));
    add("cos", cos_words(match.cos));
    return or_any(text);
}

std::string dscp_clause(const Rule& rule) {
    switch (rule.dscp) {
    case RuleAction::none: return "is set to 0";
    case RuleAction::preserve: return "is preserved";
    case RuleAction::set: return "is set to " + describe(rule.dscp_value);
    case RuleAction::map: break;
    }
    const std::string from = rule.cos == RuleAction::set ? fmt::format("CoS {}", rule.cos_value)
                                                         : std::string("the CoS of arrival");
    return fmt::format("is mapped from {} by the cos-dscp map{}", from,
                       rule.override ? ", whatever it was" : ", if it was 0");
}

std::string cos_clause(const Rule& rule) {
    switch (rule.cos) {
    case RuleAction::none: return "is 0, and no tag is inserted";
    case RuleAction::preserve: return "is preserved";
    case RuleAction::set: return fmt::format("is set to {}", rule.cos_value);
    case RuleAction::map: break;
    }
    return rule.dscp == RuleAction::map
               ? "is preserved, or without a tag mapped from the DSCP by the dscp-cos map"
               : "is mapped from the DSCP by the dscp-cos map";
}

std::string counters_line(const char* direction, const Counters& counters) {
    return fmt::format("  {}: {} packets, {} written, {} left alone\n", direction, counters.packets,
                       counters.written, counters.left_alone);
}

} // namespace

std::string render_rules(const std::vector<RuleStatus>& rules) {
    if (rules.empty()) return "No rule is configured.\n";
    std::vector<Row> rows{{"Rule", "Name", "From", "To", "Match", "DSCP", "CoS", "State", "Packets",
                           "Replies", "Written", "Left alone"}};
    for (const RuleStatus& status : rules) {
        const Rule& rule = status.rule;
        const auto& [original, reply] = std::tie(status.original, status.reply);
        rows.push_back({std::to_string(status.sequence), rule.name.empty() ? "-" : rule.name,
                        or_any(rule.match.from), or_any(rule.match.to), match_text(rule.match),
                        dscp_action_text(rule), cos_action_text(rule), status.state,
                        std::to_string(original.packets), std::to_string(reply.packets),
                        std::to_string(original.written + reply.written),
                        std::to_string(original.left_alone + reply.left_alone)});
    }
    return render_table(rows);
}

std::string render_rule(const RuleStatus& status) {
    const Rule& rule = status.rule;
    std::string text = fmt::format("{} is {}\n", rule_title(status.sequence, rule), status.state);
    if (!status.problem.empty()) text += fmt::format("  Problem: {}\n", status.problem);
    text += fmt::format("  Number {} in the mark of its connections\n", status.number);
    text += fmt::format("  From {} to {}\n", or_any(rule.match.from), or_any(rule.match.to));
    text += fmt::format("  Match: {}\n", match_text(rule.match));
    text += fmt::format("  The DSCP {}\n", dscp_clause(rule));
    text += fmt::format("  The 802.1p priority {}\n", cos_clause(rule));
    text += counters_line("Original direction", status.original);
    text += counters_line("Replies", status.reply);
    text += fmt::format("  Hooks: {}\n", status.hooks.empty()
                                             ? "none"
                                             : fmt::format("{}", fmt::join(status.hooks, ", ")));
    return text;
}

std::string render_mapping(const QosMaps& maps) {
    std::vector<Row> rows{{"802.1p class", "To DSCP", "From DSCP begin", "From DSCP end"}};
    for (std::size_t cos = 0; cos < pcp_count; ++cos) {
        Row row{fmt::format("{} - {}", cos, sonicos_classes[cos]),
                std::to_string(maps.cos_dscp[cos]), "-", "-"};
        for (const auto& [begin, end] : dscp_ranges(maps, cos)) {
            row[2] = std::to_string(begin);
            row[3] = std::to_string(end);
            rows.push_back(row);
            row = {"", "", "", ""};
        }
        if (!row.front().empty()) rows.push_back(row); // nothing is mapped to it
    }
    return render_table(rows);
}

} // namespace tunqos::cli
