// SPDX-License-Identifier: GPL-2.0-or-later
//
// One client: bytes to lines, lines to answers, one after the other. Nothing is read
// while an answer is on its way, so that a slow client holds one answer, not many.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "control/dispatcher.hpp"
#include "tunqos/asio.hpp"

namespace tunqos {

// Owned by its pending operations, of which there are always one or two until it closes.
class Session : public std::enable_shared_from_this<Session> {
public:
    using Socket = asio::local::stream_protocol::socket;
    using OnClose = std::function<void(Session*)>;

    Session(Socket socket, Dispatcher& dispatcher, Requester requester);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void on_close(OnClose on_close) { on_close_ = std::move(on_close); }
    void start() { proceed(); }
    void close();
    // Says why; nothing that the client says counts any more.
    void refuse(const RpcError& error);

private:
    void proceed();
    void read();
    void write();
    void drain();
    void arm();

    Socket socket_;
    asio::steady_timer deadline_;
    Dispatcher& dispatcher_;
    Requester requester_;
    OnClose on_close_;
    std::array<char, 64U << 10U> chunk_{};
    std::string input_;
    std::size_t scanned_ = 0;    // of input_: holds no newline so far
    bool message_begun_ = false; // deadline_ runs for the rest of it
    std::string output_;
    std::size_t written_ = 0; // of output_
    bool last_ = false;       // nothing follows output_
};

} // namespace tunqos
