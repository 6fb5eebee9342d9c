// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the show commands share: which object is asked for, the answer that is about it.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "tunqos/config.hpp"

namespace tunqos::cli {

// A named parameter, or none: the methods that list things take {name?}.
nlohmann::json named(const std::string& name);

template <typename T>
const T* find_named(const std::vector<T>& all, const std::string& name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

// What `TUNNEL [SEQUENCE]` can name: an entry of a crypto map, or an interface whose letters and
// number stand apart, as in `interface gre 1`. Without one nothing is named.
std::vector<std::string> labels_of(const Match& match);
// The names of all entries of a crypto map, of the answer of show.tunnels.
std::vector<std::string> entries_of(const nlohmann::json& answer, const std::string& map);

struct Fetched {
    Config config;
    nlohmann::json raw; // config_to_json's form
};
// Of one interface alone if it is named; the table-maps that it uses are not among it.
tl::expected<Fetched, CallError> fetch_config(Session& session, const char* source,
                                              const std::string& interface = {});

// The object that a command names, in the words of the configuration.
std::string typed(const Match& match);
// An entry that a command names; without a number all of the name.
bool is_asked_for(const CryptoMapKey& key, const Match& match);

// show_tunnels.cpp
Status show_tunnel(Session& session, const Match& match);
Status show_crypto_map(Session& session, const Match& match);
Status show_crypto_session(Session& session, const Match& match);

} // namespace tunqos::cli
