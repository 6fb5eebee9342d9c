// SPDX-License-Identifier: GPL-2.0-or-later
//
// Made from include/uapi/linux/tunqos.yaml by tools/uapi-names (make regen).
// clang-format off
#pragma once

#include <string_view>

namespace tunqos::kernel::names {

// By enum tunqos_reason.
inline constexpr std::string_view reasons[] = {
    "not-ip",
    "truncated",
    "unknown-header",
    "control",
    "table-leave",
    "not-permitted",
    "arrived-lost",
    "companion-lost",
    "sa-decap-dscp",
    "transport-mode",
    "beet-mode",
    "no-memory",
    "in-band-tag",
    "vrf-underlay",
    "nested-family",
    "ecn-dropped",
    "gro-list",
    "outer-lost",
    "packet-offload",
    "sa-output-mark",
    "device-decap-dscp",
    "ip-tfs",
    "untagged",
    "has-dscp",
    "tag-unknown",
};

// By the bit's number in enum tunqos_hook.
inline constexpr std::string_view hooks[] = {
    "before",
    "outer",
    "arrived",
    "after",
    "ipsec",
    "port-egress",
    "gro-off",
    "tunnel-egress",
    "port-ingress",
    "port-class",
    "forward",
    "port-arrival",
    "rule",
    "rule-cos",
    "note",
};

// By the bit's number in enum tunqos_capability.
inline constexpr std::string_view capabilities[] = {
    "gre",
    "ipip",
    "sit",
    "ipsec",
    "pre-classify",
    "vlan-egress",
    "gretap",
    "ip6gre",
    "ip6tnl",
    "vxlan",
    "geneve",
    "l2tp",
    "wireguard",
    "fou",
    "inner-dscp",
    "ecn",
    "selector",
    "xfrm-interface",
    "ah",
    "mark-ingress",
    "class-via",
    "erspan",
    "ppp",
    "gtp",
    "payload",
    "protocol-pcp",
    "decap-gro",
    "port-arrival",
    "port-ethernet",
    "rules",
};

// By TUNQOS_A_TUNNEL_*; there is no 0.
inline constexpr std::string_view tunnel_attributes[] = {
    "",
    "device",
    "peer4",
    "peer6",
    "local4",
    "local6",
    "reqid",
    "if-id",
    "mark",
    "mark-mask",
    "spi",
    "label",
    "encap-dscp",
    "encap-value",
    "encap-table",
    "encap-inner",
    "encap-inner-value",
    "encap-inner-table",
    "encap-ecn",
    "decap-dscp",
    "decap-table",
    "decap-permit",
    "decap-class",
    "decap-ecn",
    "pre-classify",
    "priority-table",
    "control-dscp",
    "pad",
    "state",
    "problem",
    "hooks",
    "kind",
    "encap",
    "decap",
    "class-via",
    "class-mask",
    "decap-gro",
};

// By TUNQOS_A_PORT_*; there is no 0.
inline constexpr std::string_view port_attributes[] = {
    "",
    "device",
    "dscp-pcp",
    "state",
    "problem",
    "hooks",
    "lower",
    "vid",
    "egress",
    "pad",
    "dscp-mark",
    "mark-mask",
    "ingress",
    "protocol-pcp",
    "arrival-dscp",
    "arrival-override",
    "arrival-table",
    "dscp-dei",
    "priority-tag",
    "rules",
};

// By TUNQOS_A_RULE_*; there is no 0.
inline constexpr std::string_view rule_attributes[] = {
    "",
    "number",
    "mark-mask",
    "cos-mask",
    "arrival-dscp",
    "arrival-override",
    "arrival-tag",
    "dscp-tag",
    "insert-tag",
    "original",
    "reply",
    "hooks",
    "pad",
};

} // namespace tunqos::kernel::names
