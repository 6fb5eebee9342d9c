// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control socket: who may connect, and how many. What is said is Session's and
// Dispatcher's business.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "control/dispatcher.hpp"
#include "fd.hpp"
#include "log.hpp"
#include "tunqos/asio.hpp"

namespace tunqos {

class Session;

class Server {
public:
    Server(asio::io_context& io, Log& log);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Takes the path for this daemon: a stale socket is replaced, that of a live daemon
    // is a problem. Connections wait until serve(). `group` may be missing.
    Result<void> claim(const std::string& path, const std::string& group);
    void serve(Dispatcher& dispatcher);

private:
    struct Peer {
        uid_t uid = 0;
        pid_t pid = 0;
        std::optional<Right> right; // none: not even reading
    };

    Result<void> lock();
    Result<void> remove_stale() const;
    Result<void> bind();
    Peer peer_of(int fd) const;
    void accept();
    void admit(asio::local::stream_protocol::socket socket);
    std::optional<RpcError> refusal(const Peer& peer) const;
    void refuse(asio::local::stream_protocol::socket socket, const Peer& peer, const RpcError& why);
    void serve(asio::local::stream_protocol::socket socket, const Peer& peer);

    asio::io_context& io_;
    Log& log_;
    Dispatcher* dispatcher_ = nullptr;
    asio::local::stream_protocol::acceptor acceptor_;
    asio::steady_timer pause_;
    std::string path_;
    std::optional<gid_t> group_;
    Fd lock_; // held as long as the path is ours
    bool bound_ = false;
    // Each session is owned by its pending operations; this only counts and closes them.
    std::unordered_set<Session*> sessions_;
    std::size_t served_ = 0;                  // sessions that were not refused
    std::size_t readers_ = 0;                 // of these, may only read
    std::map<uid_t, std::size_t> readers_of_; // of these, by user
    std::size_t refused_ = 0;                 // are told so until they close
    // A crowd that is refused is worth one line a second.
    std::optional<std::chrono::steady_clock::time_point> last_told_;
    std::size_t untold_ = 0;
};

} // namespace tunqos
