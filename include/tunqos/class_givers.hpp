// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tunqos/model.hpp"

namespace tunqos {

// What class_lost() (tunqos/config.hpp) says of many entries, in one look at the interfaces.
class ClassGivers {
public:
    explicit ClassGivers(const std::map<std::string, Interface>& interfaces);
    std::optional<std::string> lost_by(const CryptoMap& map) const;

private:
    // The first interface that gives a class, and the first whose outer DSCP is no copy of the
    // inner one. Empty: none.
    std::string any_, not_copying_;
};

} // namespace tunqos
