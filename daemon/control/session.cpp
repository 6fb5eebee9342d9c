// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/session.hpp"

#include <chrono>

namespace tunqos {

namespace {

// For the rest of a message that has begun, and for any progress of an answer. A client
// that has nothing to say may stay as long as it likes.
constexpr std::chrono::seconds patience{10};

} // namespace

Session::Session(Socket socket, Dispatcher& dispatcher, Requester requester)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      dispatcher_(dispatcher),
      requester_(requester) {}

Session::~Session() {
    if (on_close_) on_close_(this);
}

void Session::close() {
    ErrorCode ignored;
    deadline_.cancel();
    socket_.close(ignored);
}

void Session::arm() {
    deadline_.expires_after(patience);
    // Weak: a deadline alone keeps nobody.
    deadline_.async_wait([self = weak_from_this()](ErrorCode error) {
        if (error) return;
        if (const auto session = self.lock()) session->close();
    });
}

void Session::refuse(const RpcError& error) {
    output_ = error_answer(error) + '\n';
    written_ = 0;
    last_ = true;
    write();
}

// Answers the next whole line, or reads on.
void Session::proceed() {
    const auto newline = input_.find('\n', scanned_);
    if (newline == std::string::npos) {
        scanned_ = input_.size();
        if (input_.size() > rpc::max_message) {
            refuse(
                {rpc::invalid_request,
                 {{"", "a message has at most " + std::to_string(rpc::max_message) + " bytes"}}});
            return;
        }
        read();
        return;
    }
    output_ = newline > rpc::max_message
                  ? error_answer({rpc::invalid_request, {{"", "the message is too long"}}})
                  : dispatcher_.answer(std::string_view(input_).substr(0, newline), requester_);
    input_.erase(0, newline + 1);
    scanned_ = 0;
    written_ = 0;
    if (!output_.empty()) output_ += '\n';
    write();
}

void Session::read() {
    // The time for a message runs from its first byte, not from each.
    if (input_.empty())
        deadline_.cancel();
    else if (!message_begun_)
        arm();
    message_begun_ = !input_.empty();
    socket_.async_read_some(asio::buffer(chunk_),
                            [this, self = shared_from_this()](ErrorCode error, std::size_t size) {
                                if (error) return;
                                input_.append(chunk_.data(), size);
                                proceed();
                            });
}

// Until the client has closed its end: closing ours while it still writes would break its
// pipe before it reads why.
void Session::drain() {
    socket_.async_read_some(asio::buffer(chunk_),
                            [this, self = shared_from_this()](ErrorCode error, std::size_t) {
                                if (!error) drain();
                            });
}

void Session::write() {
    if (written_ == output_.size()) {
        output_.clear();
        if (last_) {
            ErrorCode ignored;
            socket_.shutdown(Socket::shutdown_send, ignored);
            arm();
            drain();
            return;
        }
        // Through the loop, so that one client's many lines do not keep out the others.
        asio::post(socket_.get_executor(), [this, self = shared_from_this()] {
            if (socket_.is_open()) proceed();
        });
        return;
    }
    message_begun_ = false;
    arm();
    socket_.async_write_some(asio::buffer(output_.data() + written_, output_.size() - written_),
                             [this, self = shared_from_this()](ErrorCode error, std::size_t size) {
                                 if (error) return;
                                 written_ += size;
                                 write();
                             });
}

} // namespace tunqos
