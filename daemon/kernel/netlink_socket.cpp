// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/netlink_socket.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tunqos::kernel {

namespace {

constexpr std::size_t receive_size = 64U << 10U; // more than the kernel's largest dump block
constexpr int receive_buffer = 4 << 20;
constexpr timeval answer_limit{5, 0};

void set_option(int fd, int level, int option, const void* value, socklen_t size) {
    // Each is an improvement only: an old kernel or a missing capability changes nothing.
    static_cast<void>(setsockopt(fd, level, option, value, size));
}

} // namespace

void set_up_socket(int fd) {
    const int on = 1;
    set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    set_option(fd, SOL_SOCKET, SO_RCVTIMEO, &answer_limit, sizeof answer_limit);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
}

std::optional<Refusal> read_refusal(const nlmsghdr* message) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) return std::nullopt;
    const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
    if (error->error == 0) return std::nullopt;
    Refusal refusal;
    refusal.seq = error->msg.nlmsg_seq;
    refusal.error = -error->error;
    if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return refusal;
    // The request follows, only its header if the kernel capped it; then the attributes.
    std::size_t request = sizeof(nlmsghdr);
    if ((message->nlmsg_flags & NLM_F_CAPPED) == 0) request = error->msg.nlmsg_len;
    const std::size_t skip = MNL_ALIGN(sizeof(error->error) + request);
    if (skip > mnl_nlmsg_get_payload_len(message)) return refusal;
    const auto* payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    each_attribute(
        payload + skip, mnl_nlmsg_get_payload_len(message) - skip, [&](const nlattr* attribute) {
            const int type = mnl_attr_get_type(attribute);
            if (type == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                refusal.message = mnl_attr_get_str(attribute);
            if (type == NLMSGERR_ATTR_OFFS && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                refusal.offset = mnl_attr_get_u32(attribute);
        });
    return refusal;
}

NetlinkSocket::NetlinkSocket(int protocol) : protocol_(protocol), buffer_(receive_size) {
    open();
}

void NetlinkSocket::open() {
    socket_.reset(mnl_socket_open2(protocol_, SOCK_CLOEXEC));
    if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        throw std::system_error(errno, std::generic_category(), "netlink socket");
    set_up_socket(fd());
}

void NetlinkSocket::renew() {
    open();
}

int NetlinkSocket::fd() const {
    return mnl_socket_get_fd(socket_.get());
}

int NetlinkSocket::join(std::uint32_t group) {
    int number = static_cast<int>(group);
    return mnl_socket_setsockopt(socket_.get(), NETLINK_ADD_MEMBERSHIP, &number, sizeof number) < 0
               ? errno
               : 0;
}

int NetlinkSocket::send(std::span<const std::uint8_t> messages) {
    const auto sent = mnl_socket_sendto(socket_.get(), messages.data(), messages.size());
    return sent < 0 ? errno : 0;
}

tl::expected<NetlinkSocket::Datagram, int> NetlinkSocket::receive(std::span<std::uint8_t> buffer,
                                                                  int flags) {
    sockaddr_nl from{};
    iovec piece{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    const auto received = recvmsg(fd(), &header, flags);
    if (received < 0) return tl::make_unexpected(errno);
    return Datagram{static_cast<std::size_t>(received), from.nl_pid,
                    (header.msg_flags & MSG_TRUNC) != 0};
}

// Answers to other requests, which an exchange that failed left behind, are skipped.
tl::expected<std::vector<Refusal>, int> NetlinkSocket::read_until(Numbers numbers,
                                                                  const OnMessage& on_message) {
    std::vector<Refusal> refusals;
    bool interrupted = false;
    for (;;) {
        const auto received = receive(buffer_, 0);
        if (!received) {
            if (received.error() == EINTR) continue;
            return tl::make_unexpected(received.error() == EAGAIN ? ETIMEDOUT : received.error());
        }
        if (received->sender != 0) continue; // any process may write to us
        if (received->cut) return tl::make_unexpected(EMSGSIZE);
        int left = static_cast<int>(received->size);
        const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
        for (; is_whole(message, left); message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type == NLMSG_OVERRUN) return tl::make_unexpected(ENOBUFS);
            if (message->nlmsg_pid != port() || !numbers.has(message->nlmsg_seq)) continue;
            interrupted = interrupted || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (message->nlmsg_type == NLMSG_ERROR) {
                if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr))
                    return tl::make_unexpected(EBADMSG);
                if (auto refusal = read_refusal(message)) {
                    refusal->seq = message->nlmsg_seq;
                    refusals.push_back(std::move(*refusal));
                }
            } else if (message->nlmsg_type == NLMSG_DONE) {
                int error = 0;
                if (mnl_nlmsg_get_payload_len(message) >= sizeof error)
                    std::memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
                if (error < 0) return tl::make_unexpected(-error);
            } else {
                if (on_message && message->nlmsg_type >= NLMSG_MIN_TYPE) on_message(message);
                continue;
            }
            if (message->nlmsg_seq != numbers.last) continue;
            if (interrupted) return tl::make_unexpected(EINTR);
            return refusals;
        }
        if (left > 0) return tl::make_unexpected(EBADMSG); // the rest is no message
    }
}

tl::expected<std::vector<Refusal>, int> NetlinkSocket::exchange(
    std::span<const std::uint8_t> messages, std::uint32_t last_seq, const OnMessage& on_message) {
    try {
        if (spoiled_) renew();
    } catch (const std::system_error& failure) {
        return tl::make_unexpected(failure.code().value());
    }
    spoiled_ = true; // until it has come to its end, also if on_message throws
    if (const int error = send(messages)) return tl::make_unexpected(error);
    const std::uint32_t first = reinterpret_cast<const nlmsghdr*>(messages.data())->nlmsg_seq;
    auto refusals = read_until({first, last_seq}, on_message);
    // A dump that was interrupted has come to its end.
    spoiled_ = !refusals && refusals.error() != EINTR;
    return refusals;
}

tl::expected<std::vector<Refusal>, int> NetlinkSocket::dump(std::span<const std::uint8_t> message,
                                                            std::uint32_t seq,
                                                            const OnMessage& on_message) {
    return exchange(message, seq, on_message);
}

bool NetlinkSocket::receive_ready(const OnMessage& on_message) {
    bool lost = false;
    for (;;) {
        const auto received = receive(buffer_, MSG_DONTWAIT);
        if (!received) {
            lost = lost || received.error() == ENOBUFS;
            if (received.error() == EINTR || received.error() == ENOBUFS) continue;
            return lost;
        }
        if (received->sender != 0) continue;
        lost = lost || received->cut;
        int left = static_cast<int>(received->size);
        const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
        for (; is_whole(message, left); message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type == NLMSG_OVERRUN) lost = true;
            if (message->nlmsg_type >= NLMSG_MIN_TYPE) on_message(message);
        }
    }
}

} // namespace tunqos::kernel
