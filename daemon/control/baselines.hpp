// SPDX-License-Identifier: GPL-2.0-or-later
//
// `clear counters`: the module counts on, and what it had counted then is taken off what is
// shown. Counters that began anew since then are shown as they are.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kernel/state.hpp"

namespace tunqos {

class Baselines {
public:
    // What is shown of these is 0 now.
    void clear(const kernel::TunnelStatus& tunnel);
    void clear(const kernel::PortStatus& port);
    void clear(const kernel::RuleStatus& rule);
    void clear(const std::vector<kernel::Reason>& reasons);

    void subtract(kernel::TunnelStatus& tunnel) const;
    void subtract(kernel::PortStatus& port) const;
    void subtract(kernel::RuleStatus& rule) const;
    void subtract(std::vector<kernel::Reason>& reasons) const;

    // The module's number (kernel::Info): another one counts from 0.
    void set_instance(std::uint32_t instance);
    // These were applied to `before`: what is removed or new counts from 0.
    void forget(std::span<const kernel::Operation> operations, const kernel::State& before);

private:
    struct Directions {
        kernel::Counters encap, decap;
    };
    struct Sides {
        kernel::Counters egress, ingress;
    };
    struct Ways {
        kernel::Counters original, reply;
    };
    std::map<kernel::Binding, Directions> tunnels_;
    std::map<kernel::Device, Sides> ports_;
    std::map<std::uint8_t, Ways> rules_; // by number
    std::map<std::uint32_t, std::uint64_t> reasons_;
    std::uint32_t instance_ = 0;
};

} // namespace tunqos
