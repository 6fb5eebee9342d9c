// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules and zones that are valid, but probably not what was meant. A rule that never matches is
// among them, and not refused: one is typed line by line, and matches more at first than it is to.
#include <algorithm>

#include "rules_cover.hpp"
#include "tunqos/config.hpp"

namespace tunqos {

namespace {

bool maps_cos(const Rule& rule) {
    return rule.dscp == RuleAction::map && rule.cos != RuleAction::set;
}

// Does it do anything with the tag of what arrives or leaves?
bool uses_tags(const Rule& rule) {
    return rule.match.cos.any() || maps_cos(rule) || rule.cos != RuleAction::none;
}

class RulesAdviser {
public:
    explicit RulesAdviser(const Config& config) : config_(config) {}

    std::vector<std::string> run() {
        for (const auto& [sequence, rule] : config_.rules)
            one(rule_title(sequence, rule), sequence, rule);
        tags();
        for (const auto& [name, ignored] : config_.zones)
            of_zone("qos zone " + name, name);
        return std::move(advice_);
    }

private:
    void say(std::string text) { advice_.push_back(std::move(text)); }

    void one(const std::string& title, RuleSequence sequence, const Rule& rule) {
        if (says_nothing(rule)) {
            say(title +
                ": has no match and sets nothing yet, so it is not in effect; use match or set");
            return;
        }
        never_matches(title, sequence, rule);
        empty_zone(title, rule.match.from);
        empty_zone(title, rule.match.to);
        if (rule.dscp == RuleAction::map && !rule.override) without_override(title, rule);
    }

    void never_matches(const std::string& title, RuleSequence sequence, const Rule& rule) {
        for (const auto& [before, first] : config_.rules) {
            if (before >= sequence) return;
            if (says_nothing(first) || !covers(first.match, rule.match, config_.zones)) continue;
            say(title + " never matches: " + rule_title(before, first) +
                " has all that it matches; give it a lower number, or remove one of them");
            return;
        }
    }

    void empty_zone(const std::string& title, const std::string& name) {
        const auto zone = config_.zones.find(name);
        if (zone != config_.zones.end() && zone->second.empty())
            say(title + " never matches: qos zone " + name + " has no member; type qos zone " +
                name + " and member INTERFACE");
    }

    void without_override(const std::string& title, const Rule& rule) {
        if (rule.match.dscp.any() && !rule.match.dscp.test(0))
            say(title +
                ": set dscp cos without override is for packets of DSCP 0, and match dscp has "
                "others only; type set dscp cos override");
        else
            say(title +
                ": set dscp cos leaves packets that arrive with a DSCP other than 0; if the "
                "802.1p priority is to win, type set dscp cos override");
    }

    void tags() {
        const auto& all = config_.interfaces;
        if (std::any_of(all.begin(), all.end(), [](const auto& one) { return one.second.dot1p; }))
            return;
        for (const auto& [sequence, rule] : config_.rules) {
            if (says_nothing(rule) || !uses_tags(rule)) continue;
            say(rule_title(sequence, rule) +
                ": is about 802.1p, but no interface has it; type qos 802.1p on those that get or "
                "send tags");
            return;
        }
    }

    void of_zone(const std::string& title, const std::string& name) {
        if (config_.interfaces.contains(name))
            say(title + ": interface " + name +
                " has the same name, and match from means the zone; rename the zone");
        const bool used =
            std::any_of(config_.rules.begin(), config_.rules.end(), [&](const auto& rule) {
                return rule.second.match.from == name || rule.second.match.to == name;
            });
        if (!used) say(title + ": is not used");
    }

    const Config& config_;
    std::vector<std::string> advice_;
};

} // namespace

std::vector<std::string> advise_rules(const Config& config) {
    return RulesAdviser(config).run();
}

} // namespace tunqos
