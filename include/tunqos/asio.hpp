// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boost.Asio, once for all: Boost 1.74 uses std::exchange in awaitable.hpp without
// including <utility>.
#pragma once

#include <utility>
// must follow
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace tunqos {
namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
} // namespace tunqos
