// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "control/session.hpp"
#include "guard.hpp"

namespace tunqos {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_sessions = 64;
constexpr std::size_t max_readers = 48;  // the other places are for who may change something
constexpr std::size_t max_per_user = 16; // readers: one user does not keep out the others
constexpr std::size_t max_refused = 64;  // that may read why as slowly as they like
constexpr int backlog = 128;
constexpr std::chrono::milliseconds accept_pause{200};
constexpr std::chrono::seconds told_once_in{1};

tl::unexpected<Problems> failed(const std::string& path, const std::string& doing, int error) {
    return fail(path, "cannot " + doing + ": " + std::strerror(error));
}

tl::unexpected<Problems> live(const std::string& path) {
    return fail(path, "another tunqosd serves this network namespace already; stop it first");
}

// All groups of the process at the other end, but for its primary one.
std::vector<gid_t> groups_of(int fd) {
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
    std::vector<gid_t> groups(64);
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        const int result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
        if (result != 0 && errno != ERANGE) return {};
        groups.resize(size / sizeof(gid_t)); // what there is, or what there would be
        if (result == 0) return groups;
    }
    return {};
}

} // namespace

Server::Server(asio::io_context& io, Log& log) : io_(io), log_(log), acceptor_(io), pause_(io) {}

Server::~Server() {
    for (Session* session : sessions_) {
        session->on_close({});
        session->close();
    }
    if (bound_) unlink(path_.c_str());
}

Result<void> Server::claim(const std::string& path, const std::string& group) {
    path_ = fs::absolute(path).string();
    if (path_.size() >= sizeof(sockaddr_un::sun_path))
        return fail(path_, "the path of a socket has at most 107 bytes");
    const fs::path directory = fs::path(path_).parent_path();
    std::error_code error;
    if (!fs::exists(directory, error)) {
        fs::create_directories(directory, error);
        if (error) return failed(directory.string(), "create it", error.value());
        static_cast<void>(chmod(directory.c_str(), 0755));
    }
    if (const ::group* entry = getgrnam(group.c_str())) group_ = entry->gr_gid;
    return lock().and_then([&] { return remove_stale(); }).and_then([&] { return bind(); });
}

// Two daemons that start together would each find the socket stale; only one gets this.
Result<void> Server::lock() {
    const std::string name = path_ + ".lock";
    lock_ = Fd(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock_.get() < 0) return failed(name, "open it", errno);
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK) return live(path_);
    return failed(name, "lock it", errno);
}

Result<void> Server::remove_stale() const {
    struct stat status {};
    if (lstat(path_.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return failed(path_, "look at it", errno);
    }
    if (!S_ISSOCK(status.st_mode)) return fail(path_, "is there and is not a socket; remove it");
    const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const int result =
        connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    // A full backlog (EAGAIN) is a sign of life too.
    if (result == 0 || errno != ECONNREFUSED) return live(path_);
    if (unlink(path_.c_str()) != 0) return failed(path_, "replace it", errno);
    log_.info("stale-socket-removed", {{"path", path_}});
    return {};
}

Result<void> Server::bind() {
    ErrorCode error;
    // Nobody gets in before owner and mode are right. One thread: the mask is ours.
    const mode_t old_mask = umask(0177);
    acceptor_.open(asio::local::stream_protocol(), error);
    if (!error) acceptor_.bind(asio::local::stream_protocol::endpoint(path_), error);
    umask(old_mask);
    if (error) return failed(path_, "make the socket", error.value());
    bound_ = true;
    if (group_ && chown(path_.c_str(), static_cast<uid_t>(-1), *group_) != 0)
        return failed(path_, "give it to its group", errno);
    if (chmod(path_.c_str(), 0660) != 0) return failed(path_, "set its mode", errno);
    acceptor_.listen(backlog, error);
    if (error) return failed(path_, "listen", error.value());
    return {};
}

void Server::serve(Dispatcher& dispatcher) {
    dispatcher_ = &dispatcher;
    accept();
}

void Server::accept() {
    acceptor_.async_accept([this](ErrorCode error, Session::Socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (!error) {
            guarded(log_, "accept", [&] { admit(std::move(socket)); });
            accept();
            return;
        }
        // No descriptors left: wait rather than spin.
        log_.warning("accept-failed", {{"problem", error.message()}});
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](ErrorCode stopped) {
            if (!stopped) accept();
        });
    });
}

Server::Peer Server::peer_of(int fd) const {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return {static_cast<uid_t>(-1), 0, std::nullopt};
    Peer peer{credentials.uid, credentials.pid, std::nullopt};
    if (peer.uid == 0 || peer.uid == geteuid()) {
        peer.right = Right::write;
    } else if (group_) {
        const auto groups = groups_of(fd);
        if (credentials.gid == *group_ ||
            std::find(groups.begin(), groups.end(), *group_) != groups.end())
            peer.right = Right::read;
    }
    return peer;
}

// Who it is comes first: a crowd of readers, or of those who are refused, keeps nobody out who
// may change something.
void Server::admit(Session::Socket socket) {
    const Peer peer = peer_of(socket.native_handle());
    if (const auto why = refusal(peer))
        refuse(std::move(socket), peer, *why);
    else
        serve(std::move(socket), peer);
}

std::optional<RpcError> Server::refusal(const Peer& peer) const {
    if (!peer.right)
        return RpcError{rpc::not_permitted,
                        {{"", "only root and members of group tunqos may talk to tunqosd"}}};
    if (peer.right == Right::read) {
        const auto own = readers_of_.find(peer.uid);
        if (own != readers_of_.end() && own->second >= max_per_user)
            return RpcError{
                rpc::internal_error,
                {{"", "too many clients of this user (at most " + std::to_string(max_per_user) +
                          "); close one, or try again later"}}};
    }
    if (served_ >= max_sessions || (peer.right == Right::read && readers_ >= max_readers))
        return RpcError{rpc::internal_error, {{"", "too many clients; try again later"}}};
    return std::nullopt;
}

void Server::refuse(Session::Socket socket, const Peer& peer, const RpcError& why) {
    const auto now = std::chrono::steady_clock::now();
    if (!last_told_ || now - *last_told_ >= told_once_in) {
        last_told_ = now;
        log_.warning("client-refused", {{"uid", peer.uid},
                                        {"problem", why.problems.front().message},
                                        {"clients", served_},
                                        {"refused-before", std::exchange(untold_, 0)}});
    } else {
        ++untold_;
    }
    if (refused_ >= max_refused) {
        // It fits into the buffer of a new connection, where it can be read after this end is
        // closed.
        const std::string line = error_answer(why) + '\n';
        static_cast<void>(
            send(socket.native_handle(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        return;
    }
    const auto session = std::make_shared<Session>(std::move(socket), *dispatcher_, Right::read);
    sessions_.insert(session.get());
    ++refused_;
    session->on_close([this](Session* closed) {
        sessions_.erase(closed);
        --refused_;
    });
    session->refuse(why);
}

void Server::serve(Session::Socket socket, const Peer& peer) {
    const Right right = *peer.right;
    const auto session = std::make_shared<Session>(std::move(socket), *dispatcher_,
                                                   Requester{right, peer.uid, peer.pid});
    sessions_.insert(session.get());
    ++served_;
    if (right == Right::read) {
        ++readers_;
        ++readers_of_[peer.uid];
    }
    session->on_close([this, right, uid = peer.uid](Session* closed) {
        sessions_.erase(closed);
        --served_;
        if (right != Right::read) return;
        --readers_;
        const auto own = readers_of_.find(uid);
        if (--own->second == 0) readers_of_.erase(own);
    });
    session->start();
}

} // namespace tunqos
