// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON-RPC 2.0: one line in, one line out.
#pragma once

#include <string>
#include <string_view>

#include "control/handlers.hpp"
#include "log.hpp"

namespace tunqos {

class Dispatcher {
public:
    Dispatcher(Context context, Log& log) : context_(std::move(context)), log_(log) {}

    // The answer to one message, without a newline; empty if it wants none. Never throws.
    std::string answer(std::string_view message, const Requester& requester) noexcept;

private:
    Context context_;
    Log& log_;
};

// An answer that is no reply to a request that could be read.
std::string error_answer(const RpcError& error);

} // namespace tunqos
