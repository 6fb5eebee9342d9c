// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

#include <cstdlib>
#include <exception>
#include <thread>

#include "catch.hpp"

namespace tunqos::kernel {

// Not by what is tested: a kernel without nf_tables is no fault of that.
inline bool nft_works() {
    return std::system("nft 'add table inet probe; delete table inet probe' 2>/dev/null") == 0;
}

// Runs it in a network namespace of its own, which ends with it. Where that is not permitted, or
// has no nftables, it is left out, and said.
template <typename Part>
void in_own_namespace(const Part& part) {
    bool permitted = false;
    bool has_nft = true;
    std::exception_ptr thrown;
    std::thread([&] {
        permitted = unshare(CLONE_NEWNET) == 0;
        if (!permitted) return;
        has_nft = nft_works();
        if (!has_nft) return;
        try {
            part();
        } catch (...) {
            thrown = std::current_exception();
        }
    }).join();
    if (thrown) std::rethrow_exception(thrown);
    if (!has_nft) WARN("left out: this kernel has no nftables");
    if (!permitted) WARN("left out: a network namespace takes more rights than this user has");
}

} // namespace tunqos::kernel
