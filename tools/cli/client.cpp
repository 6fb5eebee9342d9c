// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tunqos/rpc.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

std::string error_text(int number) {
    return std::strerror(number);
}

CallError refusal(const json& error) {
    CallError refused{CallError::Kind::refused,
                      error.value("code", 0),
                      error.value("message", std::string("refused")),
                      {}};
    const json& data = error.contains("data") ? error["data"] : json();
    if (!data.is_object() || !data.contains("problems") || !data["problems"].is_array()) {
        return refused;
    }
    for (const json& problem : data["problems"]) {
        refused.problems.push_back(
            {problem.value("path", std::string()), problem.value("message", std::string())});
    }
    return refused;
}

} // namespace

Client::Client(std::string socket_path, std::chrono::milliseconds timeout)
    : path_(std::move(socket_path)), timeout_(timeout) {}

Client::~Client() {
    disconnect();
}

Reply Client::unreachable(const std::string& why) const {
    const bool forbidden = why == error_text(EACCES);
    return tl::make_unexpected(CallError{
        CallError::Kind::unreachable,
        0,
        fmt::format("cannot reach tunqosd of this network namespace ({}): {}; {}", path_, why,
                    forbidden ? "become root, or a member of group tunqos to read"
                              : "start it with systemctl start tunqosd"),
        {}});
}

void Client::disconnect() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    buffer_.clear();
}

// These return what went wrong, or nothing.
std::string Client::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
        return "the path of the socket is too long";
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return error_text(errno);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        const std::string why = error_text(errno);
        disconnect();
        return why;
    }
    return {};
}

std::string Client::wait_for(short events) const {
    pollfd poller{socket_, events, 0};
    const int ready = poll(&poller, 1, static_cast<int>(timeout_.count()));
    if (ready < 0) return errno == EINTR ? "interrupted" : error_text(errno);
    if (ready == 0) return fmt::format("no answer in {} s", timeout_.count() / 1000);
    return {};
}

std::string Client::send(const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        if (std::string why = wait_for(POLLOUT); !why.empty()) return why;
        const ssize_t count =
            ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return error_text(errno);
        if (count > 0) sent += static_cast<std::size_t>(count);
    }
    return {};
}

// As long as it comes: an answer grows with the number of tunnels, and the daemon is root's.
std::string Client::receive(std::string& line) {
    for (std::size_t scanned = 0;;) {
        if (const auto end = buffer_.find('\n', scanned); end != std::string::npos) {
            line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return {};
        }
        scanned = buffer_.size();
        if (std::string why = wait_for(POLLIN); !why.empty()) return why;
        std::array<char, 65536> chunk{};
        const ssize_t count = recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (count == 0) return "it closed the connection";
        if (count < 0 && errno != EAGAIN && errno != EINTR) return error_text(errno);
        if (count > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

Reply Client::call(const std::string& method, json params) {
    json request{{"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}};
    if (!params.is_null()) request["params"] = std::move(params);
    const std::string text = request.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';

    const bool reused = socket_ >= 0;
    std::string why = reused ? std::string() : connect();
    if (why.empty()) why = send(text);
    // A daemon that was restarted has closed the connection: what was sent did not arrive.
    if (!why.empty() && reused) {
        disconnect();
        why = connect();
        if (why.empty()) why = send(text);
    }
    std::string line;
    // A daemon that refuses the client says why before it closes, without reading.
    if (why.empty() || (why == error_text(EPIPE) && socket_ >= 0)) {
        const std::string not_received = receive(line);
        if (why.empty() || not_received.empty()) why = not_received;
    }
    if (!why.empty()) {
        disconnect();
        return unreachable(why);
    }
    const json answer = json::parse(line, nullptr, false);
    const json id = answer.is_object() ? answer.value("id", json()) : json();
    const bool failed =
        answer.is_object() && answer.contains("error") && answer["error"].is_object();
    // Without an id: the daemon refuses the client, whatever it asks for.
    if (id != request["id"] && !(failed && id.is_null())) {
        disconnect();
        return unreachable("its answer is not understood");
    }
    if (failed) {
        if (id.is_null()) disconnect();
        return tl::make_unexpected(refusal(answer["error"]));
    }
    return answer.value("result", json::object());
}

} // namespace tunqos::cli
