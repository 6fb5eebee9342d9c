// SPDX-License-Identifier: GPL-2.0-or-later
//
// The attributes of requests by name, for messages.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <cstring>
#include <string_view>

#include "kernel/genl_codec.hpp"

namespace tunqos::kernel {

namespace {

// Names of tunqos.yaml by number.
std::string_view tunnel_attribute(int type) {
    static constexpr std::string_view names[] = {
        "",
        "device",
        "peer4",
        "peer6",
        "label",
        "encap-dscp",
        "encap-value",
        "encap-table",
        "decap-dscp",
        "decap-table",
        "decap-permit",
        "decap-class",
        "pre-classify",
        "priority-table",
        "pad",
        "state",
        "problem",
        "hooks",
        "kind",
        "encap",
        "decap",
        "encap-inner",
        "encap-inner-value",
        "encap-inner-table",
        "encap-ecn",
        "decap-ecn",
        "control-dscp",
        "local4",
        "local6",
        "reqid",
        "if-id",
        "mark",
        "mark-mask",
        "spi",
    };
    static_assert(std::size(names) == TUNQOS_A_TUNNEL_MAX + 1);
    return type > 0 && static_cast<std::size_t>(type) < std::size(names) ? names[type] : "";
}

std::string_view port_attribute(int type) {
    switch (type) {
    case TUNQOS_A_PORT_DEVICE: return "device";
    case TUNQOS_A_PORT_DSCP_PCP: return "dscp-pcp";
    case TUNQOS_A_PORT_DSCP_MARK: return "dscp-mark";
    case TUNQOS_A_PORT_MARK_MASK: return "mark-mask";
    default: return "";
    }
}

} // namespace

std::string attribute_at(std::span<const std::uint8_t> request, std::uint32_t offset) {
    constexpr std::size_t first = NLMSG_HDRLEN + GENL_HDRLEN;
    if (request.size() < first || offset < first || offset + sizeof(nlattr) > request.size())
        return {};
    nlattr attribute{};
    std::memcpy(&attribute, request.data() + offset, sizeof attribute);
    const int type = attribute.nla_type & NLA_TYPE_MASK;
    switch (request[NLMSG_HDRLEN]) {
    case TUNQOS_CMD_SET_TUNNEL:
    case TUNQOS_CMD_DEL_TUNNEL: return std::string(tunnel_attribute(type));
    case TUNQOS_CMD_SET_PORT:
    case TUNQOS_CMD_DEL_PORT: return std::string(port_attribute(type));
    default: return {};
    }
}

} // namespace tunqos::kernel
