// SPDX-License-Identifier: GPL-2.0-or-later
//
// The attributes of requests by name, for messages.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <cstring>
#include <string_view>

#include "kernel/genl_codec.hpp"
#include "kernel/uapi_names.hpp"

namespace tunqos::kernel {

namespace {

template <std::size_t size>
std::string name_of(const std::string_view (&names)[size], int type) {
    const auto index = static_cast<std::size_t>(type);
    return index < size ? std::string(names[index]) : std::string();
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
    case TUNQOS_CMD_DEL_TUNNEL: return name_of(names::tunnel_attributes, type);
    case TUNQOS_CMD_SET_PORT:
    case TUNQOS_CMD_DEL_PORT: return name_of(names::port_attributes, type);
    case TUNQOS_CMD_SET_RULE:
    case TUNQOS_CMD_DEL_RULE: return name_of(names::rule_attributes, type);
    default: return {};
    }
}

} // namespace tunqos::kernel
