// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tc.hpp"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;
constexpr std::size_t head = MNL_ALIGN(sizeof(tcmsg));

Bytes request(std::uint16_t type, int device, std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + head);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    auto* const tc = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(tcmsg)));
    tc->tcm_family = AF_UNSPEC;
    tc->tcm_ifindex = device;
    // Of the ingress qdisc this means the same.
    if (type == RTM_GETTFILTER) tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    return buffer;
}

// The attributes of a message of this type; false if it is none.
template <typename Visit>
bool each(const nlmsghdr* message, std::uint16_t type, const Visit& visit) {
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type != type || size < head) return false;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    each_attribute(payload + head, size - head, visit);
    return true;
}

template <typename Visit>
void each_inside(const nlattr* nest, const Visit& visit) {
    each_attribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

bool says(const nlattr* attribute, std::string_view word) {
    const auto* const chars = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return word == std::string_view(chars, strnlen(chars, mnl_attr_get_payload_len(attribute)));
}

bool is_redirect(const nlattr* parameters) {
    tc_mirred mirred{};
    if (mnl_attr_get_payload_len(parameters) < sizeof mirred) return false;
    std::memcpy(&mirred, mnl_attr_get_payload(parameters), sizeof mirred);
    return mirred.eaction == TCA_EGRESS_REDIR || mirred.eaction == TCA_INGRESS_REDIR;
}

bool action_redirects(const nlattr* action) {
    bool mirred = false, redirect = false;
    each_inside(action, [&](const nlattr* part) {
        const int type = mnl_attr_get_type(part);
        if (type == TCA_ACT_KIND) mirred = says(part, "mirred");
        if (type != TCA_ACT_OPTIONS) return;
        each_inside(part, [&](const nlattr* option) {
            if (mnl_attr_get_type(option) == TCA_MIRRED_PARMS) redirect = is_redirect(option);
        });
    });
    return mirred && redirect;
}

} // namespace

std::optional<int> decode_ingress_qdisc(const nlmsghdr* message) {
    bool found = false;
    const bool whole = each(message, RTM_NEWQDISC, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == TCA_KIND)
            found = says(attribute, "ingress") || says(attribute, "clsact");
    });
    if (!whole || !found) return std::nullopt;
    return static_cast<const tcmsg*>(mnl_nlmsg_get_payload(message))->tcm_ifindex;
}

// Each kind of filter has its own number for the list of actions, so all that is nested is
// taken for one.
bool redirects(const nlmsghdr* message) {
    bool found = false;
    each(message, RTM_NEWTFILTER, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) != TCA_OPTIONS) return;
        each_inside(attribute, [&](const nlattr* option) {
            each_inside(option, [&](const nlattr* action) {
                if (action_redirects(action)) found = true;
            });
        });
    });
    return found;
}

// 0 or an errno. A list that changes while it is read is good enough: there is another look.
int TcClient::dump(std::uint16_t type, int device, const NetlinkSocket::OnMessage& visit) {
    for (int attempt = 1;; ++attempt) {
        const std::uint32_t seq = socket_->next_seq();
        const auto refusals = socket_->dump(request(type, device, seq), seq, visit);
        if (refusals) return refusals->empty() ? 0 : refusals->front().error;
        if (refusals.error() != EINTR) return refusals.error();
        if (attempt == dump_attempts) return 0;
    }
}

KernelResult<std::set<Device>> TcClient::redirected(const std::vector<Device>& devices) {
    std::set<Device> found;
    const auto broken = [](int number) {
        return tl::make_unexpected(
            Error{Error::Kind::broken,
                  {{"", std::string("tc's filters cannot be read: ") + std::strerror(number)}}});
    };
    try {
        if (!socket_) socket_.emplace(NETLINK_ROUTE);
    } catch (const std::system_error& failure) {
        return broken(failure.code().value());
    }
    std::set<int> with_qdisc;
    const int error = dump(RTM_GETQDISC, 0, [&](const nlmsghdr* message) {
        if (const auto index = decode_ingress_qdisc(message)) with_qdisc.insert(*index);
    });
    if (error != 0) return broken(error);
    if (with_qdisc.empty()) return found;
    for (const Device& device : devices) {
        const auto index = static_cast<int>(if_nametoindex(device.c_str()));
        if (!with_qdisc.contains(index)) continue;
        // One that has just gone has no filters any more.
        static_cast<void>(dump(RTM_GETTFILTER, index, [&](const nlmsghdr* message) {
            if (redirects(message)) found.insert(device);
        }));
    }
    return found;
}

} // namespace tunqos::kernel
