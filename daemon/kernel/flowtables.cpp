// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/flowtables.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/loaded.hpp"

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;
constexpr std::size_t head = MNL_ALIGN(sizeof(nfgenmsg));
// Of newer headers: NFTA_DEVICE_PREFIX, "eth" of eth*.
constexpr int device_prefix = 2;

std::string text(const nlattr* attribute) {
    const auto* const chars = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {chars, strnlen(chars, mnl_attr_get_payload_len(attribute))};
}

template <typename Visit>
void each_inside(const nlattr* nest, const Visit& visit) {
    each_attribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

const char* family_name(std::uint8_t family) {
    switch (family) {
    case NFPROTO_INET: return "inet";
    case NFPROTO_IPV4: return "ip";
    case NFPROTO_IPV6: return "ip6";
    default: return "netfilter";
    }
}

void read_devices(const nlattr* hook, Flowtable& flowtable) {
    each_inside(hook, [&](const nlattr* part) {
        if (mnl_attr_get_type(part) != NFTA_FLOWTABLE_HOOK_DEVS) return;
        each_inside(part, [&](const nlattr* device) {
            if (mnl_attr_get_type(device) == NFTA_DEVICE_NAME)
                flowtable.devices.insert(text(device));
            if (mnl_attr_get_type(device) == device_prefix) flowtable.prefixes.insert(text(device));
        });
    });
}

Bytes request(std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + head);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    auto* const netfilter =
        static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    netfilter->nfgen_family = NFPROTO_UNSPEC;
    netfilter->version = NFNETLINK_V0;
    return buffer;
}

} // namespace

bool Flowtable::holds(const Device& device) const {
    if (devices.contains(device)) return true;
    for (const auto& prefix : prefixes) {
        if (device.starts_with(prefix)) return true;
    }
    return false;
}

std::optional<Flowtable> decode_flowtable(const nlmsghdr* message) {
    if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE) ||
        mnl_nlmsg_get_payload_len(message) < head)
        return std::nullopt;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    Flowtable flowtable;
    std::string table, name;
    each_attribute(
        payload + head, mnl_nlmsg_get_payload_len(message) - head, [&](const nlattr* attribute) {
            switch (mnl_attr_get_type(attribute)) {
            case NFTA_FLOWTABLE_TABLE: table = text(attribute); break;
            case NFTA_FLOWTABLE_NAME: name = text(attribute); break;
            case NFTA_FLOWTABLE_HOOK: read_devices(attribute, flowtable); break;
            case NFTA_FLOWTABLE_FLAGS:
                if (mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t))
                    flowtable.hardware =
                        (ntohl(mnl_attr_get_u32(attribute)) & NFT_FLOWTABLE_HW_OFFLOAD) != 0;
                break;
            default: break;
            }
        });
    if (table.empty() || name.empty()) return std::nullopt;
    flowtable.name =
        std::string(family_name(*payload)) + ' ' + table + ' ' + name; // nfgen_family is first
    return flowtable;
}

int FlowtableReader::read(std::vector<Flowtable>& list) {
    list.clear();
    if (!is_loaded("nf_tables")) return 0;
    try {
        if (!socket_) socket_.emplace(NETLINK_NETFILTER);
    } catch (const std::system_error& failure) {
        return failure.code().value();
    }
    for (int attempt = 1;; ++attempt) {
        list.clear();
        const std::uint32_t seq = socket_->next_seq();
        const auto refusals = socket_->dump(request(seq), seq, [&](const nlmsghdr* message) {
            if (auto flowtable = decode_flowtable(message)) list.push_back(std::move(*flowtable));
        });
        if (refusals) return refusals->empty() ? 0 : refusals->front().error;
        if (refusals.error() != EINTR) return refusals.error();
        if (attempt == dump_attempts) return 0;
    }
}

} // namespace tunqos::kernel
