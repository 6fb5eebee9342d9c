// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

#include <exception>
#include <thread>

#include "catch.hpp"

namespace tunqos::kernel {

// Runs it in a network namespace of its own, which ends with it. Where that is not permitted it is
// left out, and said.
template <typename Part>
void in_own_namespace(const Part& part) {
    bool permitted = false;
    std::exception_ptr thrown;
    std::thread([&] {
        permitted = unshare(CLONE_NEWNET) == 0;
        if (!permitted) return;
        try {
            part();
        } catch (...) {
            thrown = std::current_exception();
        }
    }).join();
    if (thrown) std::rethrow_exception(thrown);
    if (!permitted) WARN("left out: a network namespace takes more rights than this user has");
}

} // namespace tunqos::kernel
