// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first corpus, from what the unit tests know and the grammar declares:
// fuzz_seeds DIRECTORY writes DIRECTORY/TARGET/NUMBER.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "core/core.hpp"
#include "kernel/genl_codec.hpp"
#include "model/samples.hpp"
#include "planner/planner.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;

namespace {

class Corpus {
public:
    Corpus(const std::filesystem::path& top, const std::string& target) : directory_(top / target) {
        std::filesystem::create_directories(directory_);
    }
    void add(const std::string& bytes) {
        char name[16];
        std::snprintf(name, sizeof name, "%04u", number_++);
        std::ofstream(directory_ / name, std::ios::binary) << bytes;
    }

private:
    std::filesystem::path directory_;
    unsigned number_ = 0;
};

std::string bytes(std::initializer_list<unsigned> values) {
    std::string text;
    for (const unsigned value : values)
        text += static_cast<char>(value);
    return text;
}

std::string ipv4(unsigned ds, unsigned proto, unsigned words = 5, unsigned fragment = 0) {
    std::string header(words * 4, '\0');
    header[0] = static_cast<char>(0x40 | words);
    header[1] = static_cast<char>(ds);
    header[6] = static_cast<char>(fragment >> 8);
    header[7] = static_cast<char>(fragment);
    header[9] = static_cast<char>(proto);
    return header;
}

std::string ipv6(unsigned ds, unsigned next) {
    std::string header(40, '\0');
    header[0] = static_cast<char>(0x60 | ds >> 4);
    header[1] = static_cast<char>(ds << 4);
    header[6] = static_cast<char>(next);
    return header;
}

std::string gre(unsigned flags, unsigned type) {
    std::string header = bytes({flags, 0, type >> 8, type & 0xff});
    for (const unsigned bit : {0x80U, 0x20U, 0x10U})
        if (flags & bit) header.append(4, '\xee');
    return header;
}

void packets(const std::filesystem::path& top) {
    Corpus inner(top, "inner"), ds(top, "ds");
    for (const unsigned flags : {0x00U, 0x20U, 0x80U, 0xb0U, 0x40U})
        inner.add(bytes({47}) + gre(flags, 0x0800) + ipv4(0xb8, 17));
    inner.add(bytes({47}) + gre(0, 0x86dd) + ipv6(0xb8, 17));
    inner.add(bytes({47}) + gre(0, 0x6558) + ipv4(0xb8, 17));
    inner.add(bytes({4}) + ipv4(0x20, 47, 7) + gre(0x20, 0x0800) + ipv4(0xb8, 17));
    inner.add(bytes({4}) + ipv4(0x20, 4, 5, 0x0010) + ipv4(0xb8, 17));
    inner.add(bytes({41}) + ipv6(0x20, 41) + ipv6(0x48, 4) + ipv4(0x68, 4) + ipv4(0xb8, 17));
    // PPPoE, two tags and two labels in GRE; L2TPv2, GTP and ERSPAN as their devices write them
    const std::string macs(12, '\0'), udp(8, '\0');
    const std::string session = bytes({0x11, 0, 0, 7, 0, 22, 0, 0x21}) + ipv4(0xb8, 17);
    inner.add(bytes({47}) + gre(0, 0x6558) + macs + bytes({0x88, 0x64}) + session);
    inner.add(bytes({47}) + gre(0, 0x6558) + macs + bytes({0x88, 0xa8, 0, 2, 0x81, 0, 0, 3}) +
              bytes({0x88, 0x64}) + session);
    inner.add(bytes({47}) + gre(0, 0x8847) + bytes({0, 1, 0, 9, 0, 2, 1, 9}) + ipv6(0xb8, 17));
    inner.add(bytes({47}) + gre(0x10, 0x22eb) + bytes({0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) +
              std::string(8, '\0') + macs + bytes({8, 0}) + ipv4(0xb8, 17));
    inner.add(bytes({128 + TUNQOS_FORM_PPP, 17}) + udp + bytes({2, 2, 0, 1, 0, 2, 0, 0}) +
              bytes({0xff, 3, 0, 0x21}) + ipv4(0xb8, 17));
    inner.add(bytes({128 + TUNQOS_FORM_GTP, 17}) + udp + bytes({0x34, 255, 0, 9, 0, 0, 0, 1}) +
              bytes({0, 0, 0, 0x85, 1, 0, 0, 0}) + ipv4(0xb8, 17));
    for (const unsigned words : {5U, 6U, 15U})
        ds.add(bytes({0x40 | 46}) + ipv4(0xb9, 17, words));
    ds.add(bytes({46}) + ipv4(0, 47));
    ds.add(bytes({10}) + ipv6(0xff, 6));
}

// Each setting once, in the company of the full sample.
std::vector<Config> configurations() {
    std::vector<Config> all{{}, samples::full()};
    unsigned number = 0;
    samples::each_profile([&](const TunnelProfile& profile) {
        if (++number % 7 != 0) return;
        Config config;
        const auto maps = samples::full().table_maps;
        config.table_maps = {{"wan", maps.at("wan")}, {"lan", maps.at("lan")}};
        config.interfaces["gre1"].tunnel = profile;
        if (samples::fits_ipsec(profile)) {
            CryptoMap& map = config.crypto_maps[{"vpn", 10}];
            map.description = "to b";
            map.match.peer = "2001:db8::1";
            map.tunnel = profile;
        }
        all.push_back(std::move(config));
    });
    return all;
}

std::string request(const std::string& method, const nlohmann::json& params) {
    return nlohmann::json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}
               .dump() +
           '\n';
}

void model(const std::filesystem::path& top) {
    Corpus json(top, "json"), ios(top, "ios"), control(top, "control");
    for (const Config& config : configurations()) {
        json.add(config_to_text(config));
        ios.add('\1' + config_to_ios(config));
        ios.add('\4' + config_to_ios(config));
        control.add("\x40\3" + request("config.set", {{"config", config_to_json(config)}}) +
                    request("config.get", nlohmann::json::object()));
    }
    samples::each_mark([&](const MarkProfile& mark) {
        Config config = samples::full();
        config.interfaces["gre1"].mark = config.interfaces["eth1.10"].mark = mark;
        json.add(config_to_text(config));
        ios.add('\4' + config_to_ios(config));
    });
    samples::each_arrival([&](const Interface& interface) {
        Config config = samples::full();
        config.qos_maps = samples::qos_maps();
        config.interfaces["eth0"] = interface;
        json.add(config_to_text(config));
        ios.add('\4' + config_to_ios(config));
    });
    json.add(config_to_text(samples::with_rules()));
    ios.add('\4' + config_to_ios(samples::with_rules()));
    for (const char* method :
         {"version", "config.get", "config.save", "config.reload", "show.tunnels", "show.ports",
          "show.reasons", "show.rules", "config.log"})
        for (const unsigned who : {1U, 2U, 3U})
            control.add(bytes({7, who}) + request(method, {{"name", "gre1"}}));
    control.add("\1\3" + request("config.get", {{"source", "startup"}}) + "[]\n\n{\n" +
                request("config.set",
                        {{"config", {{"version", 1}}}, {"generation", 101}, {"check", true}}));
}

// What each command says of itself.
void lines(const std::filesystem::path& top) {
    Corpus grammar(top, "grammar"), ios(top, "ios");
    const std::string everything = "\3configure terminal\n";
    std::string script = everything;
    for (const cli::Command& command : cli::all_commands()) {
        const auto mode = static_cast<unsigned>(command.modes.front());
        const std::string example(command.example);
        grammar.add(bytes({mode}) + example);
        grammar.add(bytes({mode}) + example.substr(0, example.size() / 2));
        if (command.grammar.starts_with("[no]")) grammar.add(bytes({mode}) + "no " + example);
        script += example + '\n';
    }
    // Behind the numbers that model() has used.
    std::ofstream(top / "ios" / "commands", std::ios::binary) << script;
}

void messages(const std::filesystem::path& top) {
    Corpus corpus(top, "netlink");
    const auto text = [](const kernel::Message& message) {
        const auto span = message.bytes();
        return std::string(reinterpret_cast<const char*>(span.data()), span.size());
    };
    for (const Config& config : configurations()) {
        std::string all;
        const auto state = planner::compile(config);
        for (const auto& [binding, tunnel] : state.tunnels)
            all += text(kernel::encode(tunnel, 27, NLM_F_MULTI, 1));
        for (const auto& [device, port] : state.ports)
            all += text(kernel::encode(port, 27, NLM_F_MULTI, 1));
        if (!all.empty()) corpus.add(all);
    }
    samples::each_arrival([&](const Interface& interface) {
        Config config = samples::full();
        config.qos_maps = samples::qos_maps();
        if (const auto port = planner::compile_port(config, "eth0", interface))
            corpus.add(text(kernel::encode(*port, 27, NLM_F_MULTI, 1)));
    });
    kernel::Message family(GENL_ID_CTRL, 0, CTRL_CMD_NEWFAMILY, 2, 1);
    const std::uint16_t id = 27;
    family.put_bytes(CTRL_ATTR_FAMILY_ID, &id, sizeof id);
    family.put_text(CTRL_ATTR_FAMILY_NAME, TUNQOS_GENL_NAME);
    // groups { 1 { id 5, name "events" } }
    family.put_bytes(CTRL_ATTR_MCAST_GROUPS | NLA_F_NESTED,
                     "\x18\0\1\x80\x08\0\2\0\5\0\0\0\x0b\0\1\0events\0", 24);
    corpus.add(text(family));
    kernel::Message refusal(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, 0, 0, 1);
    refusal.put_text(NLMSGERR_ATTR_MSG, "not a gre device");
    refusal.put_u32(NLMSGERR_ATTR_OFFS, 20);
    // error -22 and the header of the request, in the place of the generic header
    std::string error = text(refusal);
    error.insert(16, std::string("\xea\xff\xff\xff", 4) + std::string(16, '\0'));
    error.erase(36, 4);
    error[0] = static_cast<char>(error.size());
    corpus.add(error);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return EXIT_FAILURE;
    packets(argv[1]);
    model(argv[1]);
    lines(argv[1]);
    messages(argv[1]);
    return EXIT_SUCCESS;
}
