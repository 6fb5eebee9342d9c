// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/ruleset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "tunqos/rules.hpp"

namespace tunqos::planner {

namespace {

constexpr std::uint8_t no_rule = 255; // asked once, and none was found
constexpr std::uint8_t tagged = 8;    // and the PCP

std::string hex(std::uint32_t number) {
    return fmt::format("{:#010x}", number);
}

std::uint32_t number_in(std::uint32_t mask, std::uint8_t number) {
    return (std::uint32_t{number} << std::countr_zero(mask)) & mask;
}

// A mask of few bits has no room for 255: all of its bits are taken, which no rule has.
std::uint32_t none_in(std::uint32_t mask) {
    return number_in(mask, no_rule);
}

// FNV-1a: what is compared was made by us, and nobody gains by another text.
std::string digest(std::string_view text) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const char byte : text) {
        sum ^= static_cast<unsigned char>(byte);
        sum *= 0x100000001b3;
    }
    return fmt::format("{:016x}", sum);
}

// A list of one is that one: nft prints less, and the kernel needs no set for it.
std::string one_or_set(const std::vector<std::string>& values) {
    if (values.size() == 1) return values.front();
    return fmt::format("{{ {} }}", fmt::join(values, ", "));
}

// nft has no way to write a quotation mark, and takes a final star for a wildcard.
bool can_be_said(const std::string& name) {
    return name.find('"') == std::string::npos && !name.ends_with('*');
}

std::string names(const Zone& interfaces) {
    std::vector<std::string> quoted;
    for (const auto& name : interfaces)
        quoted.push_back('"' + name + '"');
    return one_or_set(quoted);
}

std::string numbers(const DscpSet& set) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < set.size(); ++i) {
        if (set.test(i)) found.push_back(std::to_string(i));
    }
    return one_or_set(found);
}

std::string cos_marks(const CosSet& set, std::uint32_t mask) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < set.size(); ++i) {
        if (set.test(i))
            found.push_back(hex(number_in(mask, static_cast<std::uint8_t>(tagged | i))));
    }
    return one_or_set(found);
}

// "ip", "ip6": the families that a rule is for.
std::vector<std::string> families(const RuleMatch& match, const RuleProtocol* protocol) {
    for (const auto* const end : {&match.source, &match.destination}) {
        if (end->address) return {end->address->v6 ? "ip6" : "ip"};
    }
    if (protocol && protocol->version == IpVersion::ip) return {"ip"};
    if (protocol && protocol->version == IpVersion::ipv6) return {"ip6"};
    return {"ip", "ip6"};
}

std::string ports_text(const PortRange& ports) {
    return ports.first == ports.last ? std::to_string(ports.first)
                                     : fmt::format("{}-{}", ports.first, ports.last);
}

class Line {
public:
    void add(const std::string& part) { text_ += (text_.empty() ? "" : " ") + part; }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

void add_interfaces(Line& line, const RuleMatch& match, const Zones& zones) {
    if (const auto from = interfaces_of(match.from, zones)) line.add("iifname " + names(*from));
    if (const auto to = interfaces_of(match.to, zones)) line.add("oifname " + names(*to));
}

void add_addresses(Line& line, const RuleMatch& match, const std::string& family) {
    if (const auto& source = match.source.address)
        line.add(family + " saddr " + to_string(*source));
    if (const auto& destination = match.destination.address)
        line.add(family + " daddr " + to_string(*destination));
}

void add_protocol(Line& line, const RuleMatch& match, const RuleProtocol* protocol) {
    if (!protocol || protocol->number == 0) return;
    const std::string word(protocol->word);
    const auto& source = match.source.ports;
    const auto& destination = match.destination.ports;
    if (!source && !destination) line.add("meta l4proto " + std::to_string(protocol->number));
    if (source) line.add(word + " sport " + ports_text(*source));
    if (destination) line.add(word + " dport " + ports_text(*destination));
}

// In one family; empty: both at once, where nothing tells them apart.
std::string match_text(const RuleMatch& match, const Config& config, const std::string& family) {
    const RuleProtocol* const protocol = find_rule_protocol(match.protocol);
    Line line;
    add_interfaces(line, match, config.zones);
    add_addresses(line, match, family);
    const bool said = match.source.address || match.destination.address || match.dscp.any();
    if (!family.empty() && !said)
        line.add(family == "ip" ? "meta nfproto ipv4" : "meta nfproto ipv6");
    add_protocol(line, match, protocol);
    if (match.dscp.any()) line.add(family + " dscp " + numbers(match.dscp));
    if (match.cos.any())
        line.add("meta mark & " + hex(config.rule_options.cos_mask) +
                 " == " + cos_marks(match.cos, config.rule_options.cos_mask));
    return line.text();
}

// From or to a zone that is empty nothing comes or goes.
bool matches_nothing(const RuleMatch& match, const Zones& zones) {
    const auto is_empty = [&](const std::string& place) {
        const auto interfaces = interfaces_of(place, zones);
        return interfaces && interfaces->empty();
    };
    return is_empty(match.from) || is_empty(match.to);
}

std::string rule_text(const Rule& rule, std::uint8_t number, const Config& config) {
    if (says_nothing(rule) || matches_nothing(rule.match, config.zones)) return {};
    auto wanted = families(rule.match, find_rule_protocol(rule.match.protocol));
    if (wanted.size() > 1 && rule.match.dscp.none()) wanted = {""};
    const std::uint32_t mask = config.rule_options.mark_mask;
    const std::string verdict = fmt::format("ct mark set ct mark & {} | {} return", hex(~mask),
                                            hex(number_in(mask, number)));
    std::string text;
    for (const auto& family : wanted) {
        Line line;
        if (const auto match = match_text(rule.match, config, family); !match.empty())
            line.add(match);
        line.add(verdict);
        text += "    " + line.text() + '\n';
    }
    return text;
}

// In front of it the module has put the CoS into the mark (-112), and the mangling of others is
// done (-150); filters (0) come behind.
std::string chains_text(const Config& config) {
    const std::uint32_t mask = config.rule_options.mark_mask;
    std::string text = fmt::format(
        "  chain forward {{\n"
        "    type filter hook forward priority mangle + 40; policy accept;\n"
        "    ct direction original ct mark & {} == 0 jump classify\n"
        "  }}\n"
        "  chain classify {{\n",
        hex(mask));
    std::uint8_t number = 0;
    for (const auto& [sequence, rule] : config.rules)
        text += rule_text(rule, ++number, config);
    text += fmt::format("    ct mark set ct mark | {}\n  }}\n", hex(none_in(mask)));
    return text;
}

std::string table_comment(std::string_view chains) {
    return "  comment \"tunqos " + digest(chains) + "\"\n";
}

std::string our_table() {
    return fmt::format("table {} {}", our_table_family, our_table_name);
}

} // namespace

std::string ruleset_text(const Config& config) {
    const auto& rules = config.rules;
    if (std::all_of(rules.begin(), rules.end(),
                    [](const auto& one) { return says_nothing(one.second); }))
        return {};
    const std::string chains = chains_text(config);
    return ruleset_removal() + our_table() + " {\n" + table_comment(chains) + chains + "}\n";
}

std::string ruleset_removal() {
    return "add " + our_table() + "\ndelete " + our_table() + '\n';
}

bool is_table_of(std::string_view text, std::string_view listed) {
    const std::string_view mark = "comment \"tunqos ";
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return false;
    const auto comment = text.substr(at, text.find('\n', at) - at);
    return listed.find(comment) != std::string_view::npos;
}

Problems unspeakable_names(const Config& config) {
    Problems problems;
    for (const auto& [sequence, rule] : config.rules) {
        for (const auto* const place : {&rule.match.from, &rule.match.to}) {
            for (const auto& name : interfaces_of(*place, config.zones).value_or(Zone())) {
                if (can_be_said(name)) continue;
                problems.push_back({rule_title(sequence, rule),
                                    "interface " + name +
                                        " has a name that nftables cannot match, with a quotation "
                                        "mark or a * at the end; rename it"});
            }
        }
    }
    return problems;
}

} // namespace tunqos::planner
