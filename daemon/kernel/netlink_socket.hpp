// SPDX-License-Identifier: GPL-2.0-or-later
//
// One netlink socket: sends messages, matches what comes back by sequence number and port.
// Blocking, with a time limit; the kernel answers within the system call. After an exchange that
// failed the rest of its answers may still be on their way, so that the next one has a new socket.
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace tunqos::kernel {

using Bytes = std::vector<std::uint8_t>;

// Calls visit(const nlattr*) for each whole attribute in these bytes.
template <typename Visit>
void each_attribute(const void* begin, std::size_t size, const Visit& visit) {
    const auto* at = static_cast<const std::uint8_t*>(begin);
    while (size >= MNL_ATTR_HDRLEN) {
        const auto* attribute = reinterpret_cast<const nlattr*>(at);
        if (attribute->nla_len < MNL_ATTR_HDRLEN || attribute->nla_len > size) return;
        visit(attribute);
        const std::size_t step = MNL_ALIGN(attribute->nla_len);
        if (step >= size) return;
        at += step;
        size -= step;
    }
}

// Is this message all there, of `left` bytes that were received? mnl_nlmsg_ok() takes a
// length of 2 GiB and more for a negative one, and that for a short one.
inline bool is_whole(const nlmsghdr* message, int left) {
    return left >= static_cast<int>(sizeof *message) && message->nlmsg_len >= sizeof *message &&
           message->nlmsg_len <= static_cast<unsigned>(left);
}

// What every netlink socket of ours has: extended acks, a time limit for answers, room for many.
void set_up_socket(int fd);

// A request that was refused.
struct Refusal {
    std::uint32_t seq = 0;
    int error = 0;                       // an errno, positive
    std::string message;                 // of the extended ack; may be empty
    std::optional<std::uint32_t> offset; // of the bad attribute in the request
};

// Reads an NLMSG_ERROR message, with its extended ack if it has one. Nothing if it is an
// acknowledgement or too short.
std::optional<Refusal> read_refusal(const nlmsghdr* message);

class NetlinkSocket {
public:
    using OnMessage = std::function<void(const nlmsghdr*)>;

    // Throws std::system_error if there is no such socket to be had.
    explicit NetlinkSocket(int protocol = NETLINK_GENERIC);
    virtual ~NetlinkSocket() = default;
    NetlinkSocket(const NetlinkSocket&) = delete;
    NetlinkSocket& operator=(const NetlinkSocket&) = delete;

    // Sends messages, numbered one after the other, of which the last, `last_seq`, asks for an
    // acknowledgement; reads until it comes. Returns refusals in order, or an errno if the
    // exchange failed: ENOBUFS if answers were lost. Then on_message may have seen some of them.
    tl::expected<std::vector<Refusal>, int> exchange(std::span<const std::uint8_t> messages,
                                                     std::uint32_t last_seq,
                                                     const OnMessage& on_message = {});
    // Sends one dump request and reads until its end. EINTR: the dump changed under it.
    tl::expected<std::vector<Refusal>, int> dump(std::span<const std::uint8_t> message,
                                                 std::uint32_t seq, const OnMessage& on_message);

    std::uint32_t next_seq() { return ++seq_; }
    // 0 or an errno.
    int join(std::uint32_t group);
    int fd() const;
    // Reads what is there without waiting. True if messages were lost.
    bool receive_ready(const OnMessage& on_message);

protected:
    // What recvmsg() gives of one datagram.
    struct Datagram {
        std::size_t size = 0;
        std::uint32_t sender = 0; // a port; the kernel's is 0
        bool cut = false;         // it was larger than the buffer
    };
    // The system calls, for a test to take their place. Of an error: its errno.
    virtual tl::expected<Datagram, int> receive(std::span<std::uint8_t> buffer, int flags);
    virtual int send(std::span<const std::uint8_t> messages);
    virtual void renew(); // throws as the constructor does
    std::uint32_t port() const { return mnl_socket_get_portid(socket_.get()); }

private:
    struct Close {
        void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
    };

    // The sequence numbers of one exchange; they may run over.
    struct Numbers {
        std::uint32_t first, last;
        bool has(std::uint32_t seq) const { return seq - first <= last - first; }
    };

    void open();
    tl::expected<std::vector<Refusal>, int> read_until(Numbers numbers,
                                                       const OnMessage& on_message);

    int protocol_;
    bool spoiled_ = false; // answers of an exchange that failed may be in it
    std::unique_ptr<mnl_socket, Close> socket_;
    std::uint32_t seq_ = 0;
    Bytes buffer_;
};

} // namespace tunqos::kernel
