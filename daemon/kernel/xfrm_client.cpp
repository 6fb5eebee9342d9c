// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/xfrm_client.hpp"

#include <linux/rtnetlink.h>
#include <linux/xfrm.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;

tl::unexpected<Error> broken(const std::string& what, int number) {
    return tl::make_unexpected(
        Error{number == EPERM ? Error::Kind::not_permitted : Error::Kind::broken,
              {{"", what + " cannot be read: " + std::strerror(number)}}});
}

Bytes request(std::uint16_t type, std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(rtgenmsg)));
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    // The family: all.
    if (type == RTM_GETADDR) mnl_nlmsg_put_extra_header(message, sizeof(rtgenmsg));
    buffer.resize(message->nlmsg_len);
    return buffer;
}

// All messages of one dump. 0 or an errno. A list that changes while it is read may have an
// entry twice or not at all, which the next look mends.
template <typename Visit>
int read_all(std::optional<NetlinkSocket>& socket, int protocol, std::uint16_t type,
             const std::function<void()>& restart, const Visit& visit) {
    try {
        if (!socket) socket.emplace(protocol);
    } catch (const std::system_error& failure) {
        return failure.code().value();
    }
    for (int attempt = 1;; ++attempt) {
        restart();
        const std::uint32_t seq = socket->next_seq();
        const auto refusals = socket->dump(request(type, seq), seq, visit);
        if (refusals) return refusals->empty() ? 0 : refusals->front().error;
        if (refusals.error() != EINTR) return refusals.error();
        if (attempt == dump_attempts) return 0;
    }
}

} // namespace

KernelResult<std::set<std::string>> XfrmClient::addresses() {
    std::set<std::string> ours;
    const int error = read_all(
        route_, NETLINK_ROUTE, RTM_GETADDR, [&] { ours.clear(); },
        [&](const nlmsghdr* message) {
            if (auto address = decode_address(message)) ours.insert(std::move(*address));
        });
    if (error != 0) return broken("the list of addresses", error);
    return ours;
}

KernelResult<std::vector<Sa>> XfrmClient::sas() {
    std::vector<Sa> list;
    const int error = read_all(
        xfrm_, NETLINK_XFRM, XFRM_MSG_GETSA, [&] { list.clear(); },
        [&](const nlmsghdr* message) {
            if (auto sa = decode_sa(message)) list.push_back(std::move(*sa));
        });
    // A kernel without IPsec has no SAs.
    if (error == EPROTONOSUPPORT) return list;
    if (error != 0) return broken("the list of SAs", error);
    if (list.empty()) return list;
    const auto ours = addresses();
    if (!ours) return tl::make_unexpected(ours.error());
    for (Sa& sa : list) {
        if (sa.direction == Sa::Direction::unknown) sa.direction = direction_of(sa, *ours);
    }
    return list;
}

} // namespace tunqos::kernel
