// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/in_force.hpp"

#include <fmt/format.h>

#include <sstream>

#include "tunqos/config.hpp"

namespace tunqos::cli {
namespace {

struct Owner {
    std::string name; // "interface gre1"
    const TunnelProfile* profile = nullptr;
    std::string text; // as the running configuration has it
};

Owner owner_of(const Config& config, const Context& context) {
    if (context.mode == Mode::crypto_map) {
        const auto found = config.crypto_maps.find({context.name, context.sequence});
        if (found == config.crypto_maps.end()) return {};
        return {fmt::format("crypto map {} {}", context.name, context.sequence),
                &found->second.tunnel, crypto_map_to_ios(found->first, found->second)};
    }
    if (context.mode != Mode::interface) return {};
    const auto found = config.interfaces.find(context.name);
    if (found == config.interfaces.end() || !found->second.tunnel) return {};
    return {"interface " + context.name, &*found->second.tunnel,
            interface_to_ios(found->first, found->second)};
}

// The line of the text that begins so.
std::string line_of(const std::string& text, const std::string& command) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(' ' + command + ' ')) return line.substr(1);
    }
    return {};
}

// One of the settings that more than one command says.
struct Setting {
    bool typed;       // the command of the `no` says it, too
    bool at_default;  // nothing holds
    bool by_mode;     // tunnel diffserv-mode says it, and no line of its own
    bool has_own;     // the typed command is the one of its own
    const char* mode; // "the outer DSCP is still that of" tunnel diffserv-mode
    const char* line; // the same of the line
    const char* command;
};

} // namespace

std::vector<std::string> still_in_force(const Config& config, const Context& context,
                                        const Match& match) {
    const Owner owner = owner_of(config, context);
    if (owner.profile == nullptr || !match.has("tunnel")) return {};
    const TunnelProfile& profile = *owner.profile;
    const SaidByMode said = said_by_mode(profile);
    const bool model = match.has("diffserv-mode");
    const bool dscp = match.has("dscp");
    const bool encap = match.has("encap") && dscp;
    const bool decap = match.has("decap") && dscp;
    const Setting settings[] = {
        {encap || match.has("tos") || model, profile.encap.dscp == EncapDscp::copy, said.encap_dscp,
         encap, "the outer DSCP is still that of", "the outer DSCP is still that of",
         "tunnel encap dscp"},
        {decap || model, profile.decap.dscp == DecapDscp::keep, said.decap_dscp, decap,
         "the inner DSCP is still copied from the outer header by",
         "the inner DSCP is still that of", "tunnel decap dscp"},
        {match.has("class") || model, profile.decap.queue_by == DecapClass::inner, said.decap_class,
         match.has("class"), "packets are still queued by the outer DSCP by",
         "packets are still queued by", "tunnel decap class"},
    };
    std::vector<std::string> texts;
    for (const Setting& setting : settings) {
        if (!setting.typed || setting.at_default) continue;
        if (setting.by_mode) {
            texts.push_back(
                fmt::format("{}: {} tunnel diffserv-mode {}; type no tunnel "
                            "diffserv-mode, or another one, to change it",
                            owner.name, setting.mode, to_string(profile.mode->model)));
        } else if (!setting.has_own) {
            texts.push_back(fmt::format("{}: {} {}; type no {} to change it", owner.name,
                                        setting.line, line_of(owner.text, setting.command),
                                        setting.command));
        }
    }
    return texts;
}

} // namespace tunqos::cli
