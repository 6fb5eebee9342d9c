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

// What a request can have, by its name in tunqos.yaml.
std::string_view tunnel_attribute(int type) {
    switch (type) {
    case TUNQOS_A_TUNNEL_DEVICE: return "device";
    case TUNQOS_A_TUNNEL_PEER4: return "peer4";
    case TUNQOS_A_TUNNEL_PEER6: return "peer6";
    case TUNQOS_A_TUNNEL_LOCAL4: return "local4";
    case TUNQOS_A_TUNNEL_LOCAL6: return "local6";
    case TUNQOS_A_TUNNEL_REQID: return "reqid";
    case TUNQOS_A_TUNNEL_IF_ID: return "if-id";
    case TUNQOS_A_TUNNEL_MARK: return "mark";
    case TUNQOS_A_TUNNEL_MARK_MASK: return "mark-mask";
    case TUNQOS_A_TUNNEL_SPI: return "spi";
    case TUNQOS_A_TUNNEL_LABEL: return "label";
    case TUNQOS_A_TUNNEL_ENCAP_DSCP: return "encap-dscp";
    case TUNQOS_A_TUNNEL_ENCAP_VALUE: return "encap-value";
    case TUNQOS_A_TUNNEL_ENCAP_TABLE: return "encap-table";
    case TUNQOS_A_TUNNEL_ENCAP_INNER: return "encap-inner";
    case TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE: return "encap-inner-value";
    case TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE: return "encap-inner-table";
    case TUNQOS_A_TUNNEL_ENCAP_ECN: return "encap-ecn";
    case TUNQOS_A_TUNNEL_DECAP_DSCP: return "decap-dscp";
    case TUNQOS_A_TUNNEL_DECAP_TABLE: return "decap-table";
    case TUNQOS_A_TUNNEL_DECAP_PERMIT: return "decap-permit";
    case TUNQOS_A_TUNNEL_DECAP_CLASS: return "decap-class";
    case TUNQOS_A_TUNNEL_DECAP_ECN: return "decap-ecn";
    case TUNQOS_A_TUNNEL_PRE_CLASSIFY: return "pre-classify";
    case TUNQOS_A_TUNNEL_PRIORITY_TABLE: return "priority-table";
    case TUNQOS_A_TUNNEL_CONTROL_DSCP: return "control-dscp";
    case TUNQOS_A_TUNNEL_CLASS_VIA: return "class-via";
    case TUNQOS_A_TUNNEL_CLASS_MASK: return "class-mask";
    default: return "";
    }
}

std::string_view port_attribute(int type) {
    switch (type) {
    case TUNQOS_A_PORT_DEVICE: return "device";
    case TUNQOS_A_PORT_DSCP_PCP: return "dscp-pcp";
    case TUNQOS_A_PORT_DSCP_MARK: return "dscp-mark";
    case TUNQOS_A_PORT_MARK_MASK: return "mark-mask";
    case TUNQOS_A_PORT_PROTOCOL_PCP: return "protocol-pcp";
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
