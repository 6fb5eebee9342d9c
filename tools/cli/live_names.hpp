// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names for help and completion: what the namespace and the running configuration hold now.
#pragma once

#include <optional>

#include "cli/client.hpp"
#include "cli/grammar/types.hpp"
#include "tunqos/model.hpp"

namespace tunqos::cli {

// Asks the daemon at most once, when a name is wanted first. Without a daemon: only devices.
class LiveNames : public Names {
public:
    explicit LiveNames(Caller& caller) : caller_(caller) {}

    std::vector<std::string> interfaces() const override;
    std::vector<std::string> table_maps() const override;
    std::vector<std::string> crypto_maps() const override;
    std::vector<std::string> mutations() const override;
    std::vector<std::string> zones() const override;
    std::vector<std::string> rules() const override;
    std::vector<std::string> tunnels() const override;

private:
    const Config& config() const;

    Caller& caller_;
    mutable std::optional<Config> config_;
};

} // namespace tunqos::cli
