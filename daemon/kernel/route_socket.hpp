// SPDX-License-Identifier: GPL-2.0-or-later
//
// A socket of libnl-3 for rtnetlink, with what the library leaves to its user (libnl 3.7.0 and
// later ones): a receive buffer by force, a time limit, errno and the extended ack in place of the
// library's fewer numbers, the error that a dump ends with, answers told from those of a request
// that failed, a dump that is asked for again if it was interrupted, senders other than the kernel.
#pragma once

#include <netlink/msg.h>
#include <netlink/socket.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace tunqos::kernel {

struct FreeMessage {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using NlMessage = std::unique_ptr<nl_msg, FreeMessage>;

// Why an exchange failed.
struct RouteError {
    int error = 0;       // an errno, positive: EINTR a dump that changed under it, five times;
                         // ENOBUFS answers that were lost; ETIMEDOUT none within five seconds
    std::string message; // the kernel's, of the extended ack; may be empty

    explicit operator bool() const { return error != 0; }
    std::string text() const; // "Operation not permitted", or the kernel's words
};

class RouteSocket {
public:
    // The message is the library's, and gone after the call. What it throws comes out of the
    // call that read the message.
    using OnMessage = std::function<void(nl_msg* message)>;

    // The system calls, for a test to take their place; nullptr: those of the library.
    struct Calls {
        int (*receive)(nl_sock*, sockaddr_nl*, unsigned char**, ucred**) = nullptr;
        int (*send)(nl_sock*, nl_msg*) = nullptr;
    };

    // events: reading never waits, and sequence numbers are nobody's.
    enum class Use { requests, events };

    // Throws std::system_error if there is no such socket to be had.
    explicit RouteSocket(Use use) : RouteSocket(use, {}) {}
    RouteSocket(Use use, Calls calls);
    RouteSocket(const RouteSocket&) = delete;
    RouteSocket& operator=(const RouteSocket&) = delete;

    int fd() const { return nl_socket_get_fd(socket_.get()); }
    int join(int group); // 0 or an errno

    // Sends a dump request and reads to its end, anew if it was interrupted: `begin` is called
    // before each attempt, and what on_message has seen before is void.
    RouteError dump(nl_msg* request, const std::function<void()>& begin,
                    const OnMessage& on_message);
    // Reads what is there. True if messages were lost.
    bool receive_ready(const OnMessage& on_message);

private:
    struct Close {
        void operator()(nl_sock* socket) const { nl_socket_free(socket); }
    };

    void open();
    RouteError attempt(nl_msg* request);
    int to_user(nl_msg* message);
    static int on_any(nl_msg* message, void* self);
    static int on_number(nl_msg* message, void* self);
    static int on_valid(nl_msg* message, void* self);
    static int on_end(nl_msg* message, void* self);
    static int on_refusal(sockaddr_nl* from, nlmsgerr* refusal, void* self);

    Use use_;
    Calls calls_;
    std::unique_ptr<nl_sock, Close> socket_;
    bool spoiled_ = false; // answers of an exchange that failed may be in it
    // Of the reading that goes on
    const OnMessage* on_message_ = nullptr;
    std::exception_ptr thrown_;
    std::uint32_t seq_ = 0;
    bool ended_ = false;
    RouteError refused_;
};

} // namespace tunqos::kernel
