// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/route_socket.hpp"

#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/netlink.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/netlink_socket.hpp"

namespace tunqos::kernel {

namespace {

constexpr std::size_t datagram = 64U << 10U; // more than the kernel's largest dump block
constexpr int dump_attempts = 5;

// Of a call of the library that failed: it may have done so without the kernel.
int last_error() {
    return errno != 0 ? errno : ENOMEM;
}

} // namespace

std::string RouteError::text() const {
    return message.empty() ? std::strerror(error) : message;
}

RouteSocket::RouteSocket(Use use, Calls calls) : use_(use), calls_(calls) {
    open();
}

void RouteSocket::open() {
    socket_.reset(nl_socket_alloc());
    if (!socket_) throw std::system_error(ENOMEM, std::generic_category(), "rtnetlink socket");
    nl_sock* const socket = socket_.get();
    if (nl_connect(socket, NETLINK_ROUTE) < 0)
        throw std::system_error(errno, std::generic_category(), "rtnetlink socket");
    // With a size of its own the library need not look at each datagram twice.
    if (nl_socket_set_msg_buf_size(socket, datagram) == 0) nl_socket_disable_msg_peek(socket);
    nl_socket_disable_auto_ack(socket);
    set_up_socket(fd());
    if (use_ == Use::events) nl_socket_set_nonblocking(socket);

    nl_socket_modify_cb(socket, NL_CB_MSG_IN, NL_CB_CUSTOM, on_any, this);
    nl_socket_modify_cb(socket, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_number, this);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_valid, this);
    nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, on_end, this);
    nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_refusal, this);
    nl_cb* const calls = nl_socket_get_cb(socket);
    if (calls_.receive) nl_cb_overwrite_recv(calls, calls_.receive);
    if (calls_.send) nl_cb_overwrite_send(calls, calls_.send);
    nl_cb_put(calls);
}

int RouteSocket::join(int group) {
    errno = 0;
    return nl_socket_add_membership(socket_.get(), group) < 0 ? last_error() : 0;
}

// Any process may write to us.
int RouteSocket::on_any(nl_msg* message, void*) {
    return nlmsg_get_src(message)->nl_pid == 0 ? NL_OK : NL_SKIP;
}

int RouteSocket::on_number(nl_msg* message, void* self) {
    const auto& socket = *static_cast<RouteSocket*>(self);
    if (socket.use_ == Use::events) return NL_OK;
    return nlmsg_hdr(message)->nlmsg_seq == socket.seq_ ? NL_OK : NL_SKIP;
}

int RouteSocket::on_valid(nl_msg* message, void* self) {
    return static_cast<RouteSocket*>(self)->to_user(message);
}

// No exception may go through the library.
int RouteSocket::to_user(nl_msg* message) {
    try {
        if (on_message_ && !thrown_) (*on_message_)(message);
    } catch (...) {
        thrown_ = std::current_exception();
    }
    return NL_OK;
}

// The error that a dump ends with.
int RouteSocket::on_end(nl_msg* message, void* self) {
    auto& socket = *static_cast<RouteSocket*>(self);
    const nlmsghdr* const header = nlmsg_hdr(message);
    int error = 0;
    if (header->nlmsg_type == NLMSG_DONE && nlmsg_datalen(header) >= static_cast<int>(sizeof error))
        std::memcpy(&error, nlmsg_data(header), sizeof error);
    if (error < 0) socket.refused_.error = -error;
    socket.ended_ = true;
    return NL_OK;
}

int RouteSocket::on_refusal(sockaddr_nl*, nlmsgerr* refusal, void* self) {
    auto& socket = *static_cast<RouteSocket*>(self);
    // The header is in front of it.
    const auto* const message =
        reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const char*>(refusal) - NLMSG_HDRLEN);
    if (auto read = read_refusal(message))
        socket.refused_ = {read->error, std::move(read->message)};
    socket.ended_ = true;
    return NL_STOP;
}

RouteError RouteSocket::attempt(nl_msg* request) {
    try {
        if (spoiled_) open();
    } catch (const std::system_error& failure) {
        return {failure.code().value(), {}};
    }
    spoiled_ = true; // until it has come to its end
    ended_ = false;
    refused_ = {};
    nlmsghdr* const header = nlmsg_hdr(request);
    header->nlmsg_pid = nl_socket_get_local_port(socket_.get());
    header->nlmsg_seq = ++seq_;
    header->nlmsg_flags |= NLM_F_REQUEST;
    errno = 0;
    if (nl_send(socket_.get(), request) < 0) return {last_error(), {}};
    bool interrupted = false;
    while (!ended_) {
        const int read = nl_recvmsgs_default(socket_.get());
        if (thrown_) return {ECANCELED, {}};
        if (read == -NLE_DUMP_INTR) {
            interrupted = true;
        } else if (read < 0 && !refused_) {
            if (read == -NLE_NOMEM) return {ENOBUFS, {}};
            if (read == -NLE_AGAIN) return {ETIMEDOUT, {}};
            if (read == -NLE_INTR) continue;
            return {EBADMSG, nl_geterror(-read)};
        }
    }
    spoiled_ = static_cast<bool>(refused_);
    if (!refused_ && interrupted) return {EINTR, {}};
    return refused_;
}

RouteError RouteSocket::dump(nl_msg* request, const std::function<void()>& begin,
                             const OnMessage& on_message) {
    nlmsg_hdr(request)->nlmsg_flags |= NLM_F_DUMP;
    RouteError failed;
    for (int tries = 0; tries < dump_attempts; ++tries) {
        begin();
        on_message_ = &on_message;
        failed = attempt(request);
        on_message_ = nullptr;
        if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
        if (failed.error != EINTR) break;
    }
    return failed;
}

bool RouteSocket::receive_ready(const OnMessage& on_message) {
    bool lost = false;
    on_message_ = &on_message;
    // Of ENOBUFS the library says what it says of its own memory, which comes to no end.
    for (int failures = 0; failures < 8;) {
        const int read = nl_recvmsgs_default(socket_.get());
        if (read == -NLE_AGAIN) break;
        if (read == -NLE_INTR || read >= 0) continue;
        lost = true;
        ++failures;
    }
    on_message_ = nullptr;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return lost;
}

} // namespace tunqos::kernel
