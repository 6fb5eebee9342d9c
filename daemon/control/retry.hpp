// SPDX-License-Identifier: GPL-2.0-or-later
//
// When to try again what the module does not have. Each attempt that fails doubles the time to
// the next one, up to a minute: one refused object among thousands must not keep the machine
// busy. A new configuration, or whatever else may have mended it, begins again with a second.
#pragma once

#include <cstdint>

#include "control/manager.hpp"

namespace tunqos {

class Retry {
public:
    static constexpr unsigned longest = 60; // ticks

    explicit Retry(Manager& manager) : manager_(manager), generation_(manager.generation()) {}

    // Once a second.
    void tick();
    // Something has happened that makes the next attempt worth while.
    void soon() { wait_ = left_ = 1; }

private:
    Manager& manager_;
    std::uint64_t generation_; // of the configuration of the last tick
    unsigned wait_ = 1;        // ticks before this attempt
    unsigned left_ = 1;        // of these
};

} // namespace tunqos
