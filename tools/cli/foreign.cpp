// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/foreign.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "cli/grammar/walk.hpp"

namespace tunqos::cli {
namespace {

constexpr std::string_view ike = "keys and IKE policies are the IKE daemon's (swanctl.conf)";
constexpr std::string_view sas = "SAs and their policies are the IKE daemon's (swanctl.conf)";
constexpr std::string_view queues =
    "queues and policers are tc(8)'s; qos pre-classify shows it "
    "the class of the inner packet";
constexpr std::string_view routing = "routing is that of ip(8), or of FRR";
constexpr std::string_view filters = "packet filters are nft(8)'s";
constexpr std::string_view devices = "devices and their addresses are made by ip(8)";
constexpr std::string_view bridges = "switching is done by bridge(8)";
constexpr std::string_view nhrp = "NHRP is done by FRR";
constexpr std::string_view own = "settings of the machine are those of its own programs";

constexpr Foreign of_config[] = {
    {"crypto isakmp policy", ike, true},
    {"crypto isakmp profile", ike, true},
    {"crypto isakmp", ike},
    {"crypto ikev2", ike, true},
    {"crypto keyring", ike, true},
    {"crypto pki", ike, true},
    {"crypto key", ike},
    {"crypto gdoi", ike, true},
    {"crypto ipsec transform-set", sas, true},
    {"crypto ipsec profile", sas, true},
    {"crypto ipsec", sas},
    {"crypto dynamic-map", sas, true},
    {"class-map", queues, true},
    {"policy-map", queues, true},
    {"mls qos", queues},
    {"router", routing, true},
    {"route-map", routing, true},
    {"key chain", routing, true},
    {"ip sla", routing, true},
    {"ip prefix-list", routing},
    {"ip route", routing},
    {"ipv6 route", routing},
    {"ipv6 unicast-routing", routing},
    {"ip routing", routing},
    {"ip cef", routing},
    {"track", routing, true},
    {"ip access-list", filters, true},
    {"ipv6 access-list", filters, true},
    {"object-group", filters, true},
    {"access-list", filters},
    {"ip nat", filters},
    {"ip vrf", devices, true},
    {"vrf definition", devices, true},
    {"controller", devices, true},
    {"vlan", bridges, true},
    {"spanning-tree", bridges},
    {"vtp", bridges},
    {"ip dhcp pool", "addresses are given by a DHCP server", true},
    {"ip dhcp", "addresses are given by a DHCP server"},
    {"line", own, true},
    {"archive", own, true},
    {"redundancy", own, true},
    {"aaa group", own, true},
    {"aaa", own},
    {"hostname", own},
    {"username", own},
    {"enable secret", own},
    {"service", own},
    {"logging", own},
    {"ntp", own},
    {"snmp-server", own},
    {"banner", own},
    {"clock", own},
    {"boot", own},
    {"version", own},
    {"ip domain", own},
    {"ip ssh", own},
    {"ip http", own},
    {"lldp", own},
    {"cdp", own},
};

constexpr Foreign of_interface[] = {
    {"ip nhrp", nhrp},
    {"ip access-group", filters},
    {"ip nat", filters},
    {"ip ospf", routing},
    {"ip vrf", devices},
    {"ip address", devices},
    {"ip", routing},
    {"ipv6", routing},
    {"vrf forwarding", devices},
    {"tunnel source", devices},
    {"tunnel destination", devices},
    {"tunnel mode", devices},
    {"tunnel key", devices},
    {"tunnel vrf", devices},
    {"tunnel path-mtu-discovery", devices},
    {"tunnel checksum", devices},
    {"tunnel protection", sas},
    {"crypto map WORD", sas, false, true},
    {"encapsulation", devices},
    {"mtu", devices},
    {"shutdown", devices},
    {"keepalive", devices},
    {"bandwidth", queues},
    {"delay", routing},
    {"load-interval", devices},
    {"duplex", "ports are set up by ethtool(8)"},
    {"speed", "ports are set up by ethtool(8)"},
    {"negotiation", "ports are set up by ethtool(8)"},
    {"service-policy", queues},
    {"priority-queue", queues},
    {"srr-queue", queues},
    {"mls qos", queues},
    {"auto qos", queues},
    {"switchport", bridges},
    {"spanning-tree", bridges},
    {"storm-control", bridges},
    {"channel-group", devices},
    {"standby", routing},
    {"vrrp", routing},
    {"cdp", own},
    {"lldp", own},
    {"snmp", own},
    {"logging", own},
};

constexpr Foreign of_crypto_map[] = {
    {"set transform-set", sas}, {"set pfs", sas},       {"set security-association", sas},
    {"set ikev2-profile", sas}, {"set nat", sas},       {"set isakmp-profile", sas},
    {"match address", sas},     {"reverse-route", sas},
};

constexpr std::size_t shortest = 3;

bool means(std::string_view typed, std::string_view word) {
    if (word == "WORD") return true;
    return typed.size() >= std::min(shortest, word.size()) && begins(word, typed);
}

template <std::size_t size>
const Foreign* find(const Foreign (&table)[size], const std::vector<Word>& typed) {
    const auto is = [&](const Foreign& one) {
        const std::vector<Word> words = split(one.command);
        if (one.whole ? typed.size() != words.size() : typed.size() < words.size()) return false;
        return std::equal(
            words.begin(), words.end(), typed.begin(),
            [](const Word& word, const Word& as) { return means(as.text, word.text); });
    };
    const auto found = std::find_if(std::begin(table), std::end(table), is);
    return found == std::end(table) ? nullptr : found;
}

std::vector<Word> without_no(std::string_view line) {
    std::vector<Word> words = split(line);
    if (!words.empty() && words.size() > 1 && begins("no", words.front().text) &&
        words.front().text.size() == 2)
        words.erase(words.begin());
    return words;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters to put in, take out or change to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j < row.size(); ++j) {
            const std::size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row.back();
}

} // namespace

const Foreign* find_foreign(Mode mode, std::string_view line) {
    const std::vector<Word> words = without_no(line);
    if (mode == Mode::interface) {
        if (const Foreign* found = find(of_interface, words)) return found;
    }
    if (mode == Mode::crypto_map) {
        if (const Foreign* found = find(of_crypto_map, words)) return found;
    }
    return find(of_config, words);
}

unsigned nested_block(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() < 2) return 0;
    const std::string_view first = words.front().text;
    for (const std::string_view opener : {"class", "address-family", "peer"}) {
        if (means(first, opener)) return 1;
    }
    return means(first, "police") ? 2 : 0;
}

bool looks_like_block(std::string_view line) {
    const std::vector<Word> words = split(line);
    if (words.size() < 2) return false;
    const std::string_view first = words[0].text;
    constexpr std::size_t entry = 4; // without a number it is of an interface
    if (means(first, "crypto") && begins("map", words[1].text)) return words.size() >= entry;
    constexpr std::size_t near = 2;
    constexpr std::size_t long_enough = 6;
    for (const std::string_view keyword : {"interface", "table-map"}) {
        if (means(first, keyword)) return true;
        if (first.size() >= long_enough && distance(first, keyword) <= near) return true;
    }
    return false;
}

} // namespace tunqos::cli
