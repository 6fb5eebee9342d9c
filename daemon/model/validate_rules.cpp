// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate_rules.hpp"

#include <bit>

#include "names.hpp"

namespace tunqos {

namespace {

constexpr RuleSequence sequence_max = 65535;
constexpr int most_mark_bits = 8; // of the module
constexpr int cos_bits = 4;       // that there is a tag, and its priority

// The number of bits if they are in a row; 0 if they are not.
int bits_in_row(std::uint32_t mask) {
    if (mask == 0) return 0;
    const std::uint32_t low = mask >> std::countr_zero(mask);
    return std::has_single_bit(std::uint64_t{low} + 1) ? std::popcount(mask) : 0;
}

// 0 is what nobody has asked about, and all bits are that no rule matches.
std::size_t room_of(std::uint32_t mark_mask) {
    const int bits = bits_in_row(mark_mask);
    return std::min(most_rules, (std::size_t{1} << bits) - 2);
}

std::string version_name(bool v6) {
    return v6 ? "IPv6" : "IPv4";
}

class RulesValidator {
public:
    RulesValidator(const Config& config, const Config* before, ProblemList& problems)
        : config_(config), before_(before), problems_(problems) {}

    void run() {
        for (const auto& [name, zone] : config_.zones)
            check_zone(name, zone);
        masks();
        if (config_.rules.size() > most_rules)
            problem("qos rule", "there are " + std::to_string(config_.rules.size()) +
                                    " rules, and at most " + std::to_string(most_rules) +
                                    " have a number in the mark; remove some");
        for (const auto& [sequence, rule] : config_.rules)
            check_rule(rule_title(sequence, rule), sequence, rule);
    }

private:
    void problem(std::string path, std::string message) {
        problems_.add({std::move(path), std::move(message)});
    }

    void check_zone(const std::string& name, const Zone& zone) {
        const std::string path = "qos zone " + name;
        if (!object_name(name)) problem(path, "a name has 1-64 letters, digits, - and _");
        if (name == "any") problem(path, "any means all interfaces; give it another name");
        for (const auto& member : zone) {
            if (!device_name(member))
                problem(path + " / member " + member,
                        "a device name has 1-15 characters, without space, / and :");
        }
    }

    void masks() {
        const auto& [mark_mask, cos_mask] = config_.rule_options;
        const std::string mark_path = "qos rules mark-mask";
        const int bits = bits_in_row(mark_mask);
        if (bits < 2 || bits > most_mark_bits)
            problem(mark_path, hexadecimal(mark_mask) +
                                   " is not 2 to 8 bits in a row; use one such as 0xff0000");
        else if (config_.rules.size() > room_of(mark_mask) && config_.rules.size() <= most_rules)
            problem(mark_path, hexadecimal(mark_mask) + " has room for " +
                                   std::to_string(room_of(mark_mask)) + " rules, and there are " +
                                   std::to_string(config_.rules.size()) +
                                   "; give a mask with more bits in a row, up to 8");
        if (bits_in_row(cos_mask) != cos_bits)
            problem("qos rules cos-mask",
                    hexadecimal(cos_mask) + " is not 4 bits in a row; use one such as 0xf000000");
        else if (matches_cos(config_.rules))
            others_of(cos_mask);
    }

    // Who else writes these bits of the mark of a packet.
    void others_of(std::uint32_t cos_mask) {
        const std::string path = "qos rules cos-mask";
        const std::string own = hexadecimal(cos_mask);
        const std::uint32_t mark_mask = config_.rule_options.mark_mask;
        if ((cos_mask & mark_mask) != 0)
            problem(path, own + " and mark-mask " + hexadecimal(mark_mask) +
                              " have bits in common, and a mark of a connection may be copied to "
                              "its packets; give one of them other bits");
        for (const auto& [name, interface] : config_.interfaces) {
            if (interface.mark && (interface.mark->mask & cos_mask) != 0)
                problem(path, own + " and the mask of interface " + name + " / set mark dscp, " +
                                  hexadecimal(interface.mark->mask) +
                                  ", have bits in common; give one of them other bits");
        }
    }

    void check_rule(const std::string& path, RuleSequence sequence, const Rule& rule) {
        if (sequence < 1 || sequence > sequence_max)
            problem(path, "the sequence number is out of range (1-65535)");
        if (!rule.name.empty() && !object_name(rule.name))
            problem(path, "a name has 1-64 letters, digits, - and _");
        const std::string match_from = path + " / match from";
        check_place(rule.match.from, match_from);
        check_place(rule.match.to, match_from);
        traffic(rule.match, path + " / match");
        if (rule.dscp_value.value >= dscp_count)
            problem(path + " / set dscp",
                    std::to_string(rule.dscp_value.value) + " is out of range (0-63)");
        if (rule.cos_value >= pcp_count)
            problem(path + " / set cos", std::to_string(rule.cos_value) + " is no CoS; use 0-7");
    }

    // What is no zone is an interface, which need not be there.
    void check_place(const std::string& name, const std::string& path) {
        if (name.empty() || config_.zones.contains(name)) return;
        if (before_ && before_->zones.contains(name))
            problem("qos zone " + name,
                    "is used by " + path + "; take it off there first (no match from)");
        else if (!device_name(name))
            problem(path, "there is no zone " + name +
                              ", and no interface can have this name; define it (qos zone " + name +
                              "), or name an interface");
    }

    void traffic(const RuleMatch& match, const std::string& path) {
        const RuleProtocol* const protocol = find_rule_protocol(match.protocol);
        if (!match.protocol.empty() && protocol == nullptr) {
            problem(path, match.protocol + " is no protocol that rules know; use " + known());
            return;
        }
        const auto& source = match.source.address;
        const auto& destination = match.destination.address;
        if (source && destination && source->v6 != destination->v6)
            problem(path, "source " + to_string(*source) + " and destination " +
                              to_string(*destination) +
                              " are of different families; use two of IPv4 or two of IPv6");
        for (const RuleEnd* const end : {&match.source, &match.destination}) {
            if (end->address) version(protocol, *end->address, path);
            if (end->ports) ports(protocol, *end->ports, path);
        }
    }

    void version(const RuleProtocol* protocol, const Network& address, const std::string& path) {
        if (protocol == nullptr || protocol->version == IpVersion::any) return;
        const bool v6 = protocol->version == IpVersion::ipv6;
        if (address.v6 != v6)
            problem(path, to_string(address) + " is an address of " + version_name(address.v6) +
                              ", and match " + std::string(protocol->word) + " is of " +
                              version_name(v6) + "; use match " + (address.v6 ? "ipv6" : "ip") +
                              ", or another address");
    }

    void ports(const RuleProtocol* protocol, const PortRange& range, const std::string& path) {
        const std::string text =
            "port " + std::to_string(range.first) +
            (range.first == range.last ? std::string() : ' ' + std::to_string(range.last));
        if (protocol == nullptr || !protocol->has_ports)
            problem(path, text + " is of a protocol that has ports; use match " + with_ports() +
                              ", or take it out");
        if (range.first == 0)
            problem(path, text + ": 0 is no port; use 1-65535");
        else if (range.last < range.first)
            problem(path, text + " ends before it begins; type the lower port first");
    }

    static std::string known() {
        std::string list;
        for (const auto& protocol : rule_protocols())
            list.append(list.empty() ? "" : ", ").append(protocol.word);
        return list;
    }

    static std::string with_ports() {
        std::string list;
        for (const auto& protocol : rule_protocols()) {
            if (protocol.has_ports) list.append(list.empty() ? "" : ", ").append(protocol.word);
        }
        return list;
    }

    const Config& config_;
    const Config* before_;
    ProblemList& problems_;
};

} // namespace

void validate_rules(const Config& config, const Config* before, ProblemList& problems) {
    RulesValidator(config, before, problems).run();
}

} // namespace tunqos
