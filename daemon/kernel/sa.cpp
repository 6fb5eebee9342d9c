// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/sa.hpp"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "kernel/netlink_socket.hpp"

namespace tunqos::kernel {

namespace {

// Younger than the headers of Debian 12; include/uapi/linux/xfrm.h of Linux 6.10.
constexpr int xfrma_sa_dir = XFRMA_MTIMER_THRESH + 1;
constexpr std::uint8_t sa_dir_in = 1;
constexpr std::uint8_t sa_dir_out = 2;

std::string address(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const char* const done = inet_ntop(family, bytes, text.data(), text.size());
    return done ? done : "";
}

// The value of an attribute; zeros behind its end.
template <typename Value>
Value value_of(const nlattr* attribute) {
    Value value{};
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    std::memcpy(&value, mnl_attr_get_payload(attribute), std::min(size, sizeof value));
    return value;
}

void read_attribute(const nlattr* attribute, Sa& sa) {
    switch (mnl_attr_get_type(attribute)) {
    case XFRMA_MARK: {
        const auto mark = value_of<xfrm_mark>(attribute);
        sa.mark = Mark{mark.v, mark.m};
        break;
    }
    case XFRMA_IF_ID: sa.if_id = value_of<std::uint32_t>(attribute); break;
    case XFRMA_SA_EXTRA_FLAGS:
        sa.dont_encap_dscp =
            (value_of<std::uint32_t>(attribute) & XFRM_SA_XFLAG_DONT_ENCAP_DSCP) != 0;
        break;
    // The field of xfrm_usersa_info is for windows up to 255.
    case XFRMA_REPLAY_ESN_VAL:
        sa.window = value_of<xfrm_replay_state_esn>(attribute).replay_window;
        break;
    case XFRMA_ENCAP: sa.natt = true; break;
    case xfrma_sa_dir:
        switch (value_of<std::uint8_t>(attribute)) {
        case sa_dir_in: sa.direction = Sa::Direction::in; break;
        case sa_dir_out: sa.direction = Sa::Direction::out; break;
        default: break;
        }
        break;
    default: break; // keys among them
    }
}

} // namespace

std::string protocol_name(std::uint8_t protocol) {
    if (protocol == IPPROTO_ESP) return "esp";
    if (protocol == IPPROTO_AH) return "ah";
    if (protocol == IPPROTO_COMP) return "comp";
    return "protocol " + std::to_string(protocol);
}

std::string mode_name(std::uint8_t mode) {
    static constexpr std::array names{"transport",  "tunnel", "route-optimization",
                                      "in-trigger", "beet",   "iptfs"};
    return mode < names.size() ? names[mode] : "mode " + std::to_string(mode);
}

std::string to_string(const Sa& sa) {
    const std::string name = protocol_name(sa.protocol) + ' ' + hexadecimal(sa.spi);
    if (sa.direction == Sa::Direction::in) return name + " from " + sa.source;
    if (sa.direction == Sa::Direction::out) return name + " to " + sa.destination;
    return name + " from " + sa.source + " to " + sa.destination;
}

std::optional<Sa> decode_sa(const nlmsghdr* message) {
    constexpr std::size_t head = MNL_ALIGN(sizeof(xfrm_usersa_info));
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type != XFRM_MSG_NEWSA || size < sizeof(xfrm_usersa_info))
        return std::nullopt;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    xfrm_usersa_info info{};
    std::memcpy(&info, payload, sizeof info);
    Sa sa;
    sa.source = address(info.family, &info.saddr);
    sa.destination = address(info.family, &info.id.daddr);
    if (sa.source.empty() || sa.destination.empty()) return std::nullopt;
    sa.protocol = info.id.proto;
    sa.spi = ntohl(info.id.spi);
    sa.reqid = info.reqid;
    sa.mode = info.mode;
    sa.decap_dscp = (info.flags & XFRM_STATE_DECAP_DSCP) != 0;
    sa.no_ecn = (info.flags & XFRM_STATE_NOECN) != 0;
    sa.window = info.replay_window;
    sa.drops = {info.stats.replay_window, info.stats.replay, info.stats.integrity_failed};
    if (size > head)
        each_attribute(payload + head, size - head,
                       [&](const nlattr* attribute) { read_attribute(attribute, sa); });
    return sa;
}

std::optional<std::string> decode_address(const nlmsghdr* message) {
    constexpr std::size_t head = MNL_ALIGN(sizeof(ifaddrmsg));
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type != RTM_NEWADDR || size < head) return std::nullopt;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    const auto* const info = reinterpret_cast<const ifaddrmsg*>(payload);
    const std::size_t length = info->ifa_family == AF_INET    ? sizeof(in_addr)
                               : info->ifa_family == AF_INET6 ? sizeof(in6_addr)
                                                              : 0;
    // Of a point-to-point link IFA_ADDRESS is the far end, and IFA_LOCAL is ours.
    std::string far, local;
    each_attribute(payload + head, size - head, [&](const nlattr* attribute) {
        if (length == 0 || mnl_attr_get_payload_len(attribute) != length) return;
        const int type = mnl_attr_get_type(attribute);
        if (type == IFA_ADDRESS) far = address(info->ifa_family, mnl_attr_get_payload(attribute));
        if (type == IFA_LOCAL) local = address(info->ifa_family, mnl_attr_get_payload(attribute));
    });
    if (local.empty()) local = std::move(far);
    if (local.empty()) return std::nullopt;
    return local;
}

} // namespace tunqos::kernel
