// SPDX-License-Identifier: GPL-2.0-or-later
//
// What becomes of the DSCP of what a port receives: `mls qos trust` and its kin, as on a Catalyst,
// or `set dscp`, as of a policy. Of one port it is one of the two.
#pragma once

#include <cstdint>
#include <string>

#include "tunqos/dscp_source.hpp"
#include "tunqos/settings.hpp"

namespace tunqos {

enum class PortTrust { none, cos, dscp };

constexpr auto words_of(PortTrust) {
    return std::to_array<Word>({
        {"none", "Nothing is done to marks; the default", "not trusted"},
        {"cos", "The 802.1p priority: it becomes the DSCP", "trust cos"},
        {"dscp", "The DSCP, which stays or is mutated; meant without a word", "trust dscp"},
    });
}

struct MlsQos {
    PortTrust trust = PortTrust::none;
    std::uint8_t cos = 0;      // 0-7, of frames without a tag
    bool override = false;     // it is that of all frames, whatever is trusted
    std::string mutation = {}; // with trust dscp; empty: none

    bool operator==(const MlsQos&) const = default;
};

enum class PortDscp { cos, set, table };

// Of `set dscp`. In JSON they are as here; on a line set stands for itself, and table behind cos.
constexpr auto words_of_source(PortDscp) {
    return std::to_array<Word>({
        {"cos", "From the 802.1p priority, by mls qos map cos-dscp",
         "from the CoS by the cos-dscp map"},
        {"set", "A fixed value", "{}"},
        {"table", "By a table map", "from the CoS by table-map {}"},
    });
}

struct SetDscp {
    DscpSource<PortDscp> dscp{};
    bool override = false; // of cos and table: what arrives with a DSCP as well

    bool operator==(const SetDscp&) const = default;
};

// What `set dscp` says after these words: "ef", "cos table lan override".
std::string to_string(const SetDscp& set);

} // namespace tunqos
