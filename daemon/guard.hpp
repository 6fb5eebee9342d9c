// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a timer, a signal or an event sets off may fail as a request may: that is logged by its
// name, and the daemon goes on.
#pragma once

#include <exception>
#include <string_view>

#include "log.hpp"

namespace tunqos {

// True if nothing was thrown.
template <typename Part>
bool guarded(Log& log, std::string_view name, const Part& part) noexcept {
    try {
        try {
            part();
            return true;
        } catch (const std::exception& failure) {
            log.error("internal-error", {{"in", name}, {"what", failure.what()}});
        }
    } catch (...) {
        // No memory for the line either, perhaps.
    }
    return false;
}

} // namespace tunqos
