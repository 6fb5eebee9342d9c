// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules and zones, from JSON.
#include <nlohmann/json.hpp>

#include <charconv>

#include "json_reader.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

std::optional<std::uint16_t> port(std::string_view text) {
    std::uint16_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

// "5060-5090", "5060" or a number.
std::optional<PortRange> port_range(const json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT16_MAX) {
        const auto number = value.get<std::uint16_t>();
        return PortRange{number, number};
    }
    if (!value.is_string()) return std::nullopt;
    const std::string_view text = value.get_ref<const std::string&>();
    const auto dash = text.find('-');
    const auto first = port(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : port(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    return PortRange{*first, *last};
}

std::string_view or_empty(const std::string& from_or_to) {
    return from_or_to == "any" ? std::string_view() : from_or_to;
}

// A protocol goes without saying where there is an address: one meaning has one Config.
void settle_protocol(RuleMatch& match) {
    if (!match.protocol.empty()) return;
    if (match.source != RuleEnd{} || match.destination != RuleEnd{})
        match.protocol = traffic_text(match).substr(0, traffic_text(match).find(' '));
}

} // namespace

RuleEnd ConfigReader::rule_end(const json& value, std::string_view address, std::string_view ports,
                               Path path) {
    RuleEnd end;
    const std::string text = this->text(value, address, path);
    if (!text.empty()) {
        end.address = parse_network(text);
        if (!end.address)
            problem(path / address, in_quotes(text) +
                                        " is not a network; give one such as "
                                        "\"192.0.2.0/24\" or \"2001:db8::/32\"");
    }
    const json* const found = member(value, ports);
    if (found == nullptr) return end;
    end.ports = port_range(*found);
    if (!end.ports)
        problem(path / ports, "must be a port such as 5060, or a text such as \"5060-5090\", not " +
                                  excerpt(*found));
    return end;
}

// A list of DSCPs or priorities: put(number) for each.
template <typename Put>
void ConfigReader::code_points(const json& value, Path path, std::string_view expected,
                               std::size_t count, const Put& put) {
    if (!value.is_array() || value.empty()) {
        problem(path, "must be a list of one or more of " + std::string(expected) + ", not " +
                          excerpt(value));
        return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string place = std::to_string(i);
        const auto here = path / place;
        const auto read = number(value[i], here, expected);
        if (read && *read < count)
            put(*read);
        else if (read)
            problem(here, "must be " + std::string(expected) + ", not " + excerpt(value[i]));
    }
}

RuleMatch ConfigReader::rule_match(const json& value, Path path) {
    RuleMatch match;
    match.from = or_empty(text(value, "from", path));
    match.to = or_empty(text(value, "to", path));
    match.protocol = text(value, "protocol", path);
    match.source = rule_end(value, "source", "sourcePorts", path);
    match.destination = rule_end(value, "destination", "destinationPorts", path);
    settle_protocol(match);
    if (const json* found = member(value, "dscp"))
        code_points(*found, path / "dscp", "a number 0-63 or a name such as \"ef\"", dscp_count,
                    [&](std::uint8_t dscp) { match.dscp.set(dscp); });
    if (const json* found = member(value, "cos"))
        code_points(*found, path / "cos", "a number 0-7", pcp_count,
                    [&](std::uint8_t cos) { match.cos.set(cos); });
    return match;
}

// The value of an action that is explicit; nothing if it is one of the words.
std::optional<std::uint8_t> ConfigReader::rule_action(const json& rule, std::string_view key,
                                                      Path path, std::string_view number_text,
                                                      RuleAction& action) {
    const json* const found = member(rule, key);
    if (found == nullptr) return std::nullopt;
    for (const RuleAction word : {RuleAction::none, RuleAction::preserve, RuleAction::map}) {
        if (!is(*found, to_string(word))) continue;
        action = word;
        return std::nullopt;
    }
    const auto value = number(*found, path / key,
                              "\"none\", \"preserve\", \"map\" or " + std::string(number_text));
    if (value) action = RuleAction::set;
    return value;
}

Rule ConfigReader::rule(const json& value, Path path) {
    Rule rule;
    if (!object(value, path,
                {"name", "from", "to", "protocol", "source", "sourcePorts", "destination",
                 "destinationPorts", "dscp", "cos", "setDscp", "override", "setCos"}))
        return rule;
    rule.name = text(value, "name", path);
    rule.match = rule_match(value, path);
    if (const auto dscp = rule_action(value, "setDscp", path,
                                      "a number 0-63 or a name such as \"ef\"", rule.dscp))
        rule.dscp_value = Dscp{*dscp};
    if (const auto cos = rule_action(value, "setCos", path, "a number 0-7", rule.cos))
        rule.cos_value = *cos;
    rule.override = truth(value, "override", path);
    if (rule.override && rule.dscp != RuleAction::map)
        problem(path / "override", "is of setDscp map only; leave it out");
    return rule;
}

std::optional<RuleSequence> ConfigReader::rule_sequence(const std::string& key, Path path) {
    RuleSequence sequence = 0;
    const char* const end = key.data() + key.size();
    const auto read = std::from_chars(key.data(), end, sequence);
    if (read.ec == std::errc{} && read.ptr == end && std::to_string(sequence) == key)
        return sequence;
    problem(path, "must be a sequence number 1-65535, for example \"10\"");
    return std::nullopt;
}

Zone ConfigReader::zone(const json& value, Path path) {
    Zone zone;
    if (!value.is_array()) {
        problem(path, "must be a list of interfaces, not " + excerpt(value));
        return zone;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string place = std::to_string(i);
        const auto here = path / place;
        if (!value[i].is_string())
            problem(here, "must be the name of an interface, not " + excerpt(value[i]));
        else if (!zone.insert(value[i].get<std::string>()).second)
            problem(here, "interface " + value[i].get<std::string>() + " is there twice");
    }
    return zone;
}

RuleOptions ConfigReader::rule_options(const json& value, Path path) {
    RuleOptions options;
    if (!object(value, path, {"markMask", "cosMask"})) return options;
    constexpr std::string_view expected = "a number 1-4294967295 or a text such as \"0xff0000\"";
    if (const json* found = member(value, "markMask"))
        options.mark_mask = u32(*found, path / "markMask", expected).value_or(options.mark_mask);
    if (const json* found = member(value, "cosMask"))
        options.cos_mask = u32(*found, path / "cosMask", expected).value_or(options.cos_mask);
    return options;
}

} // namespace tunqos
