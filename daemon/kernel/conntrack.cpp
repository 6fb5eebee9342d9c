// SPDX-License-Identifier: GPL-2.0-or-later
//
// One socket reads the list while another one writes, so that a million connections are never in
// memory at once. The sockets are closed at the end: a large receive buffer is not for keeping.
#include "kernel/conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/loaded.hpp"

namespace tunqos::kernel {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int dump_attempts = 5;
constexpr std::size_t head = MNL_ALIGN(sizeof(nfgenmsg));
constexpr std::size_t batch_size = 32U << 10U; // one sendmsg(): some 300 connections

constexpr std::uint16_t message_type(int command) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | command);
}

tl::unexpected<Error> failed(const std::string& what) {
    return tl::make_unexpected(Error{Error::Kind::broken, {{"connections", what}}});
}

tl::unexpected<Error> failed(const std::string& what, int number) {
    auto error = failed(what + ": " + std::strerror(number));
    if (number == EPERM) error.value().kind = Error::Kind::not_permitted;
    return error;
}

Bytes start(int command, std::uint8_t family, std::uint16_t flags, std::uint32_t seq,
            std::size_t room = 0) {
    Bytes buffer(MNL_NLMSG_HDRLEN + head + room);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = message_type(command);
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = seq;
    auto* const netfilter =
        static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    netfilter->nfgen_family = family;
    netfilter->version = NFNETLINK_V0;
    return buffer;
}

Bytes payload_of(const nlattr* attribute) {
    const auto* const bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
    return {bytes, bytes + mnl_attr_get_payload_len(attribute)};
}

// Requests on their way. Who went in the meantime is no error.
class Writer {
public:
    explicit Writer(std::uint32_t mask) : mask_(mask) {}

    // 0 or an errno.
    int add(const Connection& connection) {
        last_ = batch_.size();
        const Bytes request = encode_clear(connection, mask_, 0, socket_.next_seq());
        batch_.insert(batch_.end(), request.begin(), request.end());
        ++count_;
        return batch_.size() < batch_size ? 0 : flush();
    }

    int flush() {
        if (batch_.empty()) return 0;
        auto* const last = reinterpret_cast<nlmsghdr*>(batch_.data() + last_);
        last->nlmsg_flags = static_cast<std::uint16_t>(last->nlmsg_flags | NLM_F_ACK);
        const auto refusals = socket_.exchange(batch_, last->nlmsg_seq);
        batch_.clear();
        if (!refusals) return refusals.error();
        for (const auto& refusal : *refusals) {
            if (refusal.error != ENOENT) return refusal.error;
        }
        return 0;
    }

    std::size_t count() const { return count_; }

private:
    NetlinkSocket socket_{NETLINK_NETFILTER};
    std::uint32_t mask_;
    Bytes batch_;
    std::size_t last_ = 0; // where the last message begins
    std::size_t count_ = 0;
};

// Everything until the time is over; the rest of the list is only read, to its end.
KernelResult<std::size_t> clear(std::uint32_t mask, std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    NetlinkSocket reader(NETLINK_NETFILTER);
    Writer writer(mask);
    int error = 0;
    bool late = false;
    const auto look = [&](const nlmsghdr* message) {
        if (error != 0 || late) return;
        const auto connection = decode_connection(message);
        if (!connection || (connection->mark & mask) == 0) return;
        late = Clock::now() >= end;
        if (!late) error = writer.add(*connection);
    };
    for (int attempt = 1;; ++attempt) {
        const std::uint32_t seq = reader.next_seq();
        const auto read =
            reader.dump(start(IPCTNL_MSG_CT_GET, AF_UNSPEC, NLM_F_DUMP, seq), seq, look);
        if (error == 0) error = writer.flush();
        if (error != 0) return failed("the mark of a connection cannot be changed", error);
        if (late)
            return failed("there are too many to look at in " + std::to_string(limit.count()) +
                          " ms");
        if (read && read->empty()) return writer.count();
        const int number = read ? read->front().error : read.error();
        // The list changed while it was read, or a part of it was lost.
        const bool again = !read && (number == EINTR || number == ENOBUFS);
        if (!again || attempt == dump_attempts) return failed("they cannot be read", number);
    }
}

} // namespace

std::optional<Connection> decode_connection(const nlmsghdr* message) {
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type != message_type(IPCTNL_MSG_CT_NEW) || size < head) return std::nullopt;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    Connection connection;
    connection.family = *payload; // nfgen_family is first
    each_attribute(payload + head, size - head, [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
        case CTA_TUPLE_ORIG: connection.original = payload_of(attribute); break;
        case CTA_ZONE: connection.zone = payload_of(attribute); break;
        case CTA_MARK:
            if (mnl_attr_get_payload_len(attribute) == sizeof connection.mark)
                connection.mark = ntohl(mnl_attr_get_u32(attribute));
            break;
        default: break;
        }
    });
    if (connection.original.empty()) return std::nullopt;
    return connection;
}

Bytes encode_clear(const Connection& connection, std::uint32_t mask, std::uint16_t flags,
                   std::uint32_t seq) {
    const auto needed = [](const Bytes& bytes) {
        return bytes.empty() ? 0 : MNL_ATTR_HDRLEN + MNL_ALIGN(bytes.size());
    };
    constexpr std::size_t number = MNL_ATTR_HDRLEN + sizeof mask;
    Bytes buffer = start(IPCTNL_MSG_CT_NEW, connection.family, flags, seq,
                         needed(connection.original) + needed(connection.zone) + 2 * number);
    auto* const message = reinterpret_cast<nlmsghdr*>(buffer.data());
    mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, connection.original.size(),
                 connection.original.data());
    if (!connection.zone.empty())
        mnl_attr_put(message, CTA_ZONE, connection.zone.size(), connection.zone.data());
    mnl_attr_put_u32(message, CTA_MARK, 0);
    mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(mask));
    return buffer;
}

KernelResult<std::size_t> Conntrack::clear_mark(std::uint32_t mask) {
    if (!is_loaded("nf_conntrack")) return 0;
    try {
        return clear(mask, limit_);
    } catch (const std::system_error& failure) {
        return failed("they cannot be read", failure.code().value());
    }
}

} // namespace tunqos::kernel
