// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crypto maps: making and removing them, and which SAs they are about. The grammar has checked
// every value already.
#include <fmt/format.h>

#include "cli/edit.hpp"
#include "cli/grammar/types.hpp"
#include "tunqos/address.hpp"

namespace tunqos::cli {
namespace {

std::string title(const CryptoMapKey& key) {
    return fmt::format("crypto map {} {}", key.name, key.sequence);
}

std::string shown(const std::string& address) {
    return address;
}
std::string shown(std::optional<std::uint32_t> number) {
    return std::to_string(number.value_or(0));
}
std::string shown(const std::optional<Mark>& mark) {
    return to_string(mark.value_or(Mark{}));
}

// `match X VALUE` gives the part its value; `no match X [VALUE]` takes it away, if a VALUE is
// typed only that one.
template <typename Part>
Result<Config> change(Config config, const Context& context, const Match& match,
                      Part Selector::*part, const Part& typed, const char* what) {
    const CryptoMapKey key = crypto_map_key(context);
    Part& value = config.crypto_maps[key].match.*part;
    if (match.negated && typed != Part{} && typed != value)
        return fail(title(key), fmt::format("{} is not its {}; it has {}", shown(typed), what,
                                            value == Part{} ? "none" : shown(value)));
    value = match.negated ? Part{} : typed;
    return config;
}

std::string typed_address(const Match& match) {
    const std::string typed = match.get("ADDRESS");
    return canonical_address(typed).value_or(typed);
}

} // namespace

CryptoMapKey crypto_map_key(const Context& context) {
    return {context.name, context.sequence};
}

Result<Config> edit_crypto_map(Config config, const Context&, const Match& match) {
    const std::string name = match.get("CRYPTO-MAP");
    const CryptoMapKey key{name, parse_number(match.get("SEQUENCE"), 1, 65535).value_or(0)};
    if (!match.negated) {
        const auto [entry, made] = config.crypto_maps.try_emplace(key);
        if (made) entry->second.tunnel.encap.implied = true;
        return config;
    }
    const bool all = key.sequence == 0;
    const auto removed = std::erase_if(config.crypto_maps, [&](const auto& entry) {
        return all ? entry.first.name == name : entry.first == key;
    });
    if (removed == 0)
        return fail(all ? "crypto map " + name : title(key), "there is no such crypto map");
    return config;
}

Result<Config> edit_peer(Config config, const Context& context, const Match& match) {
    const CryptoMapKey key = crypto_map_key(context);
    const std::string peer = typed_address(match);
    const auto found = config.crypto_maps.find(key);
    // On IOS a second peer is a backup of the first one, which an entry does not have here.
    if (!match.negated && found != config.crypto_maps.end()) {
        const std::string& first = found->second.match.peer;
        if (!first.empty() && first != peer)
            return fail(title(key),
                        fmt::format("it has peer {} already, and an entry has one; type "
                                    "no set peer {} first, or give {} an entry of its "
                                    "own",
                                    first, first, peer));
    }
    return change(std::move(config), context, match, &Selector::peer, peer, "peer");
}

Result<Config> edit_local(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, &Selector::local, typed_address(match),
                  "local address");
}

Result<Config> edit_reqid(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, &Selector::reqid,
                  parse_u32(match.get("REQID")), "request ID");
}

Result<Config> edit_if_id(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, &Selector::if_id,
                  parse_u32(match.get("IF-ID")), "interface ID");
}

Result<Config> edit_spi(Config config, const Context& context, const Match& match) {
    return change(std::move(config), context, match, &Selector::spi, parse_u32(match.get("SPI")),
                  "SPI");
}

Result<Config> edit_mark(Config config, const Context& context, const Match& match) {
    std::optional<Mark> mark;
    if (const auto value = parse_u32(match.get("MARK")))
        mark = Mark{*value, parse_u32(match.get("MASK")).value_or(Mark{}.mask)};
    return change(std::move(config), context, match, &Selector::mark, mark, "mark");
}

} // namespace tunqos::cli
