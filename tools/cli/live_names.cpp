// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live_names.hpp"

#include "cli/links.hpp"
#include "tunqos/json.hpp"
#include "tunqos/printable.hpp"

namespace tunqos::cli {

const Config& LiveNames::config() const {
    if (config_) return *config_;
    config_.emplace();
    if (const Reply reply = caller_.call("config.get", {{"source", "running"}})) {
        auto config = config_from_json(reply->value("config", nlohmann::json::object()));
        if (config) config_ = std::move(*config);
    }
    return *config_;
}

std::vector<std::string> LiveNames::interfaces() const {
    std::vector<std::string> names = link_names();
    // A device may have any name; what cannot be shown cannot be typed either.
    std::erase_if(names, [](const std::string& name) { return !is_printable(name); });
    for (const auto& [name, interface] : config().interfaces)
        names.push_back(name);
    return names;
}

std::vector<std::string> LiveNames::table_maps() const {
    std::vector<std::string> names;
    for (const auto& [name, map] : config().table_maps)
        names.push_back(name);
    return names;
}

std::vector<std::string> LiveNames::crypto_maps() const {
    std::vector<std::string> names;
    for (const auto& [key, map] : config().crypto_maps)
        names.push_back(key.name);
    return names;
}

std::vector<std::string> LiveNames::mutations() const {
    std::vector<std::string> names;
    for (const auto& [name, table] : config().qos_maps.mutations)
        names.push_back(name);
    return names;
}

std::vector<std::string> LiveNames::zones() const {
    std::vector<std::string> names;
    for (const auto& [name, zone] : config().zones)
        names.push_back(name);
    return names;
}

std::vector<std::string> LiveNames::rules() const {
    std::vector<std::string> numbers;
    for (const auto& [sequence, rule] : config().rules)
        numbers.push_back(std::to_string(sequence));
    return numbers;
}

std::vector<std::string> LiveNames::tunnels() const {
    std::vector<std::string> names = crypto_maps();
    for (const auto& [name, interface] : config().interfaces) {
        if (interface.tunnel) names.push_back(name);
    }
    return names;
}

} // namespace tunqos::cli
