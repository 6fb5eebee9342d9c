/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tunqos.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_TUNQOS_H
#define _UAPI_LINUX_TUNQOS_H

#define TUNQOS_GENL_NAME	"tunqos"
#define TUNQOS_GENL_VERSION	1

#define TUNQOS_TABLE_LEN	64
#define TUNQOS_ARRIVAL_LEN	17
#define TUNQOS_TABLE_LEAVE	255
#define TUNQOS_PRIORITY_LEAVE	4294967295

/**
 * enum tunqos_port_protocol - What a port can give a PCP of its own.
 * @TUNQOS_PORT_PROTOCOL_NON_IP: All that is not IP and has no entry of its
 *   own.
 * @TUNQOS_PORT_PROTOCOL_ARP: ARP.
 * @TUNQOS_PORT_PROTOCOL_DHCP: DHCP and DHCPv6, also of packet sockets.
 * @TUNQOS_PORT_PROTOCOL_ND: Neighbor Discovery of IPv6 and its router
 *   messages.
 * @TUNQOS_PORT_PROTOCOL_PPPOE_DISCOVERY: Discovery frames of PPPoE.
 * @TUNQOS_PORT_PROTOCOL_PPP_CONTROL: LCP and the other control protocols of
 *   PPP, in PPPoE.
 */
enum tunqos_port_protocol {
	TUNQOS_PORT_PROTOCOL_NON_IP,
	TUNQOS_PORT_PROTOCOL_ARP,
	TUNQOS_PORT_PROTOCOL_DHCP,
	TUNQOS_PORT_PROTOCOL_ND,
	TUNQOS_PORT_PROTOCOL_PPPOE_DISCOVERY,
	TUNQOS_PORT_PROTOCOL_PPP_CONTROL,

	/* private: */
	__TUNQOS_PORT_PROTOCOL_MAX,
	TUNQOS_PORT_PROTOCOL_MAX = (__TUNQOS_PORT_PROTOCOL_MAX - 1)
};

#define TUNQOS_CLASS_PRIORITY	1879048192
#define TUNQOS_LABEL_MAX	63

/**
 * enum tunqos_encap_dscp - How the DSCP of the outer header ([2 Outer] of RFC
 *   2983) is made.
 * @TUNQOS_ENCAP_DSCP_COPY: The DSCP of the inner header.
 * @TUNQOS_ENCAP_DSCP_SET: The fixed DSCP of encap-value.
 * @TUNQOS_ENCAP_DSCP_TABLE: encap-table, indexed by the DSCP of the inner
 *   header.
 * @TUNQOS_ENCAP_DSCP_NATIVE: What the kernel wrote; tunqos does not touch it.
 */
enum tunqos_encap_dscp {
	TUNQOS_ENCAP_DSCP_COPY,
	TUNQOS_ENCAP_DSCP_SET,
	TUNQOS_ENCAP_DSCP_TABLE,
	TUNQOS_ENCAP_DSCP_NATIVE,
};

/**
 * enum tunqos_decap_dscp - What becomes of the inner DSCP at decapsulation ([6
 *   After]).
 * @TUNQOS_DECAP_DSCP_KEEP: The inner DSCP stays.
 * @TUNQOS_DECAP_DSCP_COPY: The DSCP of the outer header as it arrived ([5
 *   Outer]).
 * @TUNQOS_DECAP_DSCP_TABLE: decap-table, indexed by the outer DSCP as it
 *   arrived.
 */
enum tunqos_decap_dscp {
	TUNQOS_DECAP_DSCP_KEEP,
	TUNQOS_DECAP_DSCP_COPY,
	TUNQOS_DECAP_DSCP_TABLE,
};

/**
 * enum tunqos_decap_class - Which DSCP the packet is queued by after
 *   decapsulation (RFC 3270).
 */
enum tunqos_decap_class {
	TUNQOS_DECAP_CLASS_INNER,
	TUNQOS_DECAP_CLASS_OUTER,
};

/**
 * enum tunqos_encap_inner - What becomes of the inner header's DSCP at
 *   encapsulation ([3 Inner]).
 * @TUNQOS_ENCAP_INNER_KEEP: It stays.
 * @TUNQOS_ENCAP_INNER_SET: The fixed DSCP of encap-inner-value.
 * @TUNQOS_ENCAP_INNER_TABLE: encap-inner-table, indexed by the DSCP as it
 *   came.
 */
enum tunqos_encap_inner {
	TUNQOS_ENCAP_INNER_KEEP,
	TUNQOS_ENCAP_INNER_SET,
	TUNQOS_ENCAP_INNER_TABLE,
};

/**
 * enum tunqos_encap_ecn - How the ECN field of the outer header is made.
 * @TUNQOS_ENCAP_ECN_NATIVE: What the kernel wrote, by RFC 3168; CE becomes
 *   ECT(0).
 * @TUNQOS_ENCAP_ECN_RFC6040: The inner ECN (RFC 6040 section 4.1, normal
 *   mode).
 * @TUNQOS_ENCAP_ECN_COMPATIBILITY: Not-ECT (RFC 6040 section 4.1,
 *   compatibility mode).
 */
enum tunqos_encap_ecn {
	TUNQOS_ENCAP_ECN_NATIVE,
	TUNQOS_ENCAP_ECN_RFC6040,
	TUNQOS_ENCAP_ECN_COMPATIBILITY,
};

/**
 * enum tunqos_decap_ecn - What becomes of the inner ECN field at
 *   decapsulation.
 * @TUNQOS_DECAP_ECN_NATIVE: What the kernel makes of it.
 * @TUNQOS_DECAP_ECN_RFC6040: RFC 6040 section 4.2, figure 4.
 */
enum tunqos_decap_ecn {
	TUNQOS_DECAP_ECN_NATIVE,
	TUNQOS_DECAP_ECN_RFC6040,
};

/**
 * enum tunqos_decap_gro - Receive aggregation of the tunnel device, while
 *   marks are written.
 * @TUNQOS_DECAP_GRO_EXACT: Off, so that each packet has the mark of its own
 *   outer header.
 * @TUNQOS_DECAP_GRO_MERGE: As it is; what was merged has the mark of its first
 *   part.
 */
enum tunqos_decap_gro {
	TUNQOS_DECAP_GRO_EXACT,
	TUNQOS_DECAP_GRO_MERGE,
};

/**
 * enum tunqos_class_via - Where pre-classify shows the class to egress
 *   queueing.
 * @TUNQOS_CLASS_VIA_COMPANION: In skb->tc_index alone, which clsact and tcx on
 *   the way to the queue overwrite unless they say TC_ACT_UNSPEC.
 * @TUNQOS_CLASS_VIA_PRIORITY: In skb->priority as well, by class-priority.
 * @TUNQOS_CLASS_VIA_MARK: In the bits of class-mask of skb->mark as well.
 */
enum tunqos_class_via {
	TUNQOS_CLASS_VIA_COMPANION,
	TUNQOS_CLASS_VIA_PRIORITY,
	TUNQOS_CLASS_VIA_MARK,
};

/**
 * enum tunqos_state - What a binding is doing now.
 * @TUNQOS_STATE_PENDING: There is no such device yet; the binding waits for
 *   it.
 * @TUNQOS_STATE_ACTIVE: Attached, packets are handled.
 * @TUNQOS_STATE_FAILED: The device is there but could not be attached; see
 *   problem.
 */
enum tunqos_state {
	TUNQOS_STATE_PENDING,
	TUNQOS_STATE_ACTIVE,
	TUNQOS_STATE_FAILED,
};

/**
 * enum tunqos_hook - The places of the packet path that a binding uses now.
 * @TUNQOS_HOOK_BEFORE: POST_ROUTING, before and after an IPsec transformation.
 * @TUNQOS_HOOK_OUTER: LOCAL_OUT of the outer packet of a tunnel device.
 * @TUNQOS_HOOK_ARRIVED: LOCAL_IN of the outer packet.
 * @TUNQOS_HOOK_AFTER: Ingress of the tunnel device.
 * @TUNQOS_HOOK_IPSEC: The receive callback of IPsec.
 * @TUNQOS_HOOK_PORT_EGRESS: Egress of the port's lower device.
 * @TUNQOS_HOOK_GRO_OFF: Receive aggregation of the tunnel device is switched
 *   off.
 * @TUNQOS_HOOK_TUNNEL_EGRESS: Egress of the tunnel device, in front of
 *   WireGuard's encryption.
 * @TUNQOS_HOOK_PORT_INGRESS: Ingress of the port itself, in front of routing.
 * @TUNQOS_HOOK_PORT_CLASS: Egress of the port itself, as long as a tunnel of
 *   its namespace has decap-class outer.
 * @TUNQOS_HOOK_FORWARD: FORWARD, and PRE_ROUTING of bridges: takes away
 *   companions that others have made.
 * @TUNQOS_HOOK_PORT_ARRIVAL: Ingress of the device that carries the port's
 *   frames, where their tag can be seen.
 * @TUNQOS_HOOK_RULE: POST_ROUTING, in front of before; of rules.
 * @TUNQOS_HOOK_RULE_COS: FORWARD, in front of nftables' rules; of rules with a
 *   cos-mask.
 * @TUNQOS_HOOK_NOTE: PRE_ROUTING, LOCAL_IN and LOCAL_OUT: takes away what says
 *   with which tag a packet has arrived, where others have made it, and where
 *   a tunnel begins or ends; of rules.
 */
enum tunqos_hook {
	TUNQOS_HOOK_BEFORE = 1,
	TUNQOS_HOOK_OUTER = 2,
	TUNQOS_HOOK_ARRIVED = 4,
	TUNQOS_HOOK_AFTER = 8,
	TUNQOS_HOOK_IPSEC = 16,
	TUNQOS_HOOK_PORT_EGRESS = 32,
	TUNQOS_HOOK_GRO_OFF = 64,
	TUNQOS_HOOK_TUNNEL_EGRESS = 128,
	TUNQOS_HOOK_PORT_INGRESS = 256,
	TUNQOS_HOOK_PORT_CLASS = 512,
	TUNQOS_HOOK_FORWARD = 1024,
	TUNQOS_HOOK_PORT_ARRIVAL = 2048,
	TUNQOS_HOOK_RULE = 4096,
	TUNQOS_HOOK_RULE_COS = 8192,
	TUNQOS_HOOK_NOTE = 16384,
};

/**
 * enum tunqos_reason - Why a packet was left alone.
 * @TUNQOS_REASON_NOT_IP: The payload is neither IPv4 nor IPv6.
 * @TUNQOS_REASON_TRUNCATED: The headers do not fit into the packet.
 * @TUNQOS_REASON_UNKNOWN_HEADER: An encapsulation header with a version or
 *   option not understood.
 * @TUNQOS_REASON_CONTROL: A handshake or keepalive of WireGuard, and there is
 *   no control-dscp.
 * @TUNQOS_REASON_TABLE_LEAVE: The table says to leave this DSCP alone.
 * @TUNQOS_REASON_NOT_PERMITTED: The outer DSCP is not in the permit list.
 * @TUNQOS_REASON_ARRIVED_LOST: The outer DSCP did not reach the tunnel device.
 * @TUNQOS_REASON_COMPANION_LOST: The packet did not pass the place in front of
 *   encryption.
 * @TUNQOS_REASON_SA_DECAP_DSCP: The SA has decap-dscp set, so the inner DSCP
 *   was already lost.
 * @TUNQOS_REASON_TRANSPORT_MODE: The setting does not apply: transport mode
 *   has one header. Only the outer DSCP is written, into that.
 * @TUNQOS_REASON_BEET_MODE: The setting does not apply: BEET and the like
 *   carry no inner DS field for each packet. Only the outer DSCP is written.
 * @TUNQOS_REASON_NO_MEMORY: The header could not be made writable.
 * @TUNQOS_REASON_IN_BAND_TAG: More than two VLAN tags in the frame are in
 *   front of the packet.
 * @TUNQOS_REASON_VRF_UNDERLAY: The outer packet is in a VRF, which hides its
 *   tunnel.
 * @TUNQOS_REASON_NESTED_FAMILY: IPsec inside IPsec of the other family.
 * @TUNQOS_REASON_ECN_DROPPED: CE outside and Not-ECT inside: dropped, as RFC
 *   6040 section 4.2 has it.
 * @TUNQOS_REASON_GRO_LIST: Packets that rx-gro-list merged; each has a header
 *   of its own.
 * @TUNQOS_REASON_OUTER_LOST: The outer header is not in front of the decrypted
 *   packet.
 * @TUNQOS_REASON_PACKET_OFFLOAD: Hardware makes the outer header of this SA.
 * @TUNQOS_REASON_SA_OUTPUT_MARK: The output mark of the SA overwrites bits of
 *   class-mask.
 * @TUNQOS_REASON_DEVICE_DECAP_DSCP: The device copies the outer DSCP itself,
 *   in front of decap.
 * @TUNQOS_REASON_IP_TFS: IP-TFS puts several packets under one outer header,
 *   which the kernel writes.
 * @TUNQOS_REASON_UNTAGGED: The frame arrived without a tag that could decide
 *   on the DSCP.
 * @TUNQOS_REASON_HAS_DSCP: The packet arrived with a DSCP, which the tag
 *   decides on only with arrival-override.
 * @TUNQOS_REASON_TAG_UNKNOWN: A rule decides by the tag that the packet
 *   arrived with, and it did not arrive at a port with rules, or came by a
 *   queue in front of it.
 */
enum tunqos_reason {
	TUNQOS_REASON_NOT_IP,
	TUNQOS_REASON_TRUNCATED,
	TUNQOS_REASON_UNKNOWN_HEADER,
	TUNQOS_REASON_CONTROL,
	TUNQOS_REASON_TABLE_LEAVE,
	TUNQOS_REASON_NOT_PERMITTED,
	TUNQOS_REASON_ARRIVED_LOST,
	TUNQOS_REASON_COMPANION_LOST,
	TUNQOS_REASON_SA_DECAP_DSCP,
	TUNQOS_REASON_TRANSPORT_MODE,
	TUNQOS_REASON_BEET_MODE,
	TUNQOS_REASON_NO_MEMORY,
	TUNQOS_REASON_IN_BAND_TAG,
	TUNQOS_REASON_VRF_UNDERLAY,
	TUNQOS_REASON_NESTED_FAMILY,
	TUNQOS_REASON_ECN_DROPPED,
	TUNQOS_REASON_GRO_LIST,
	TUNQOS_REASON_OUTER_LOST,
	TUNQOS_REASON_PACKET_OFFLOAD,
	TUNQOS_REASON_SA_OUTPUT_MARK,
	TUNQOS_REASON_DEVICE_DECAP_DSCP,
	TUNQOS_REASON_IP_TFS,
	TUNQOS_REASON_UNTAGGED,
	TUNQOS_REASON_HAS_DSCP,
	TUNQOS_REASON_TAG_UNKNOWN,

	/* private: */
	__TUNQOS_REASON_MAX,
	TUNQOS_REASON_MAX = (__TUNQOS_REASON_MAX - 1)
};

/**
 * enum tunqos_capability - What this module can do.
 * @TUNQOS_CAPABILITY_GRE: Bindings to gre devices.
 * @TUNQOS_CAPABILITY_IPIP: Bindings to ipip devices.
 * @TUNQOS_CAPABILITY_SIT: Bindings to sit devices.
 * @TUNQOS_CAPABILITY_IPSEC: Bindings to an IPsec peer.
 * @TUNQOS_CAPABILITY_PRE_CLASSIFY: The class of the inner packet beyond
 *   encryption.
 * @TUNQOS_CAPABILITY_VLAN_EGRESS: PCP from DSCP on a VLAN device.
 * @TUNQOS_CAPABILITY_GRETAP: Bindings to gretap and ip6gretap devices.
 * @TUNQOS_CAPABILITY_IP6GRE: Bindings to ip6gre devices.
 * @TUNQOS_CAPABILITY_IP6TNL: Bindings to ip6tnl devices.
 * @TUNQOS_CAPABILITY_VXLAN: Bindings to vxlan devices.
 * @TUNQOS_CAPABILITY_GENEVE: Bindings to geneve devices.
 * @TUNQOS_CAPABILITY_L2TP: Bindings to l2tpeth devices.
 * @TUNQOS_CAPABILITY_WIREGUARD: Bindings to wireguard devices.
 * @TUNQOS_CAPABILITY_FOU: gre, ipip, sit, ip6gre and ip6tnl inside FOU or GUE.
 * @TUNQOS_CAPABILITY_INNER_DSCP: Rewriting of the inner DSCP at encapsulation.
 * @TUNQOS_CAPABILITY_ECN: RFC 6040 at encapsulation and decapsulation.
 * @TUNQOS_CAPABILITY_SELECTOR: Bindings to IPsec by more than the peer; inner
 *   DSCP and ECN there.
 * @TUNQOS_CAPABILITY_XFRM_INTERFACE: Bindings to xfrm, vti and vti6 devices.
 * @TUNQOS_CAPABILITY_AH: AH and IPComp as well as ESP.
 * @TUNQOS_CAPABILITY_MARK_INGRESS: Mark from DSCP on what a device receives.
 * @TUNQOS_CAPABILITY_CLASS_VIA: The class of pre-classify in skb->priority or
 *   skb->mark.
 * @TUNQOS_CAPABILITY_ERSPAN: Bindings to erspan and ip6erspan devices.
 * @TUNQOS_CAPABILITY_PPP: Bindings to ppp devices, whose packets are L2TPv2's.
 * @TUNQOS_CAPABILITY_GTP: Bindings to gtp devices.
 * @TUNQOS_CAPABILITY_PAYLOAD: IP behind two tags, PPPoE and MPLS, in frames
 *   and in tunnels.
 * @TUNQOS_CAPABILITY_PROTOCOL_PCP: PCP for what is not IP, for DHCP and for
 *   ND.
 * @TUNQOS_CAPABILITY_DECAP_GRO: The choice of decap-gro.
 * @TUNQOS_CAPABILITY_PORT_ARRIVAL: DSCP from the tag or the DSCP that a port's
 *   frames arrive with.
 * @TUNQOS_CAPABILITY_PORT_ETHERNET: 802.1p of Ethernet devices that are no
 *   VLAN devices, DEI, priority tags.
 * @TUNQOS_CAPABILITY_RULES: Rules, by the number in the mark of a packet's
 *   connection.
 */
enum tunqos_capability {
	TUNQOS_CAPABILITY_GRE = 1,
	TUNQOS_CAPABILITY_IPIP = 2,
	TUNQOS_CAPABILITY_SIT = 4,
	TUNQOS_CAPABILITY_IPSEC = 8,
	TUNQOS_CAPABILITY_PRE_CLASSIFY = 16,
	TUNQOS_CAPABILITY_VLAN_EGRESS = 32,
	TUNQOS_CAPABILITY_GRETAP = 64,
	TUNQOS_CAPABILITY_IP6GRE = 128,
	TUNQOS_CAPABILITY_IP6TNL = 256,
	TUNQOS_CAPABILITY_VXLAN = 512,
	TUNQOS_CAPABILITY_GENEVE = 1024,
	TUNQOS_CAPABILITY_L2TP = 2048,
	TUNQOS_CAPABILITY_WIREGUARD = 4096,
	TUNQOS_CAPABILITY_FOU = 8192,
	TUNQOS_CAPABILITY_INNER_DSCP = 16384,
	TUNQOS_CAPABILITY_ECN = 32768,
	TUNQOS_CAPABILITY_SELECTOR = 65536,
	TUNQOS_CAPABILITY_XFRM_INTERFACE = 131072,
	TUNQOS_CAPABILITY_AH = 262144,
	TUNQOS_CAPABILITY_MARK_INGRESS = 524288,
	TUNQOS_CAPABILITY_CLASS_VIA = 1048576,
	TUNQOS_CAPABILITY_ERSPAN = 2097152,
	TUNQOS_CAPABILITY_PPP = 4194304,
	TUNQOS_CAPABILITY_GTP = 8388608,
	TUNQOS_CAPABILITY_PAYLOAD = 16777216,
	TUNQOS_CAPABILITY_PROTOCOL_PCP = 33554432,
	TUNQOS_CAPABILITY_DECAP_GRO = 67108864,
	TUNQOS_CAPABILITY_PORT_ARRIVAL = 134217728,
	TUNQOS_CAPABILITY_PORT_ETHERNET = 268435456,
	TUNQOS_CAPABILITY_RULES = 536870912,

	/* private: */
	TUNQOS_CAPABILITY_MASK = 1073741823,
};

enum {
	TUNQOS_A_INFO_RELEASE = 1,
	TUNQOS_A_INFO_CAPABILITIES,
	TUNQOS_A_INFO_GENERATION,
	TUNQOS_A_INFO_CLASS_TAG,
	TUNQOS_A_INFO_PAD,
	TUNQOS_A_INFO_STAGED,
	TUNQOS_A_INFO_SRCVERSION,

	__TUNQOS_A_INFO_MAX
};
#define TUNQOS_A_INFO_MAX (__TUNQOS_A_INFO_MAX - 1)

enum {
	TUNQOS_A_COUNTERS_PACKETS = 1,
	TUNQOS_A_COUNTERS_WRITTEN,
	TUNQOS_A_COUNTERS_LEFT_ALONE,
	TUNQOS_A_COUNTERS_DROPPED,
	TUNQOS_A_COUNTERS_PAD,

	__TUNQOS_A_COUNTERS_MAX
};
#define TUNQOS_A_COUNTERS_MAX (__TUNQOS_A_COUNTERS_MAX - 1)

enum {
	TUNQOS_A_TUNNEL_DEVICE = 1,
	TUNQOS_A_TUNNEL_PEER4,
	TUNQOS_A_TUNNEL_PEER6,
	TUNQOS_A_TUNNEL_LOCAL4,
	TUNQOS_A_TUNNEL_LOCAL6,
	TUNQOS_A_TUNNEL_REQID,
	TUNQOS_A_TUNNEL_IF_ID,
	TUNQOS_A_TUNNEL_MARK,
	TUNQOS_A_TUNNEL_MARK_MASK,
	TUNQOS_A_TUNNEL_SPI,
	TUNQOS_A_TUNNEL_LABEL,
	TUNQOS_A_TUNNEL_ENCAP_DSCP,
	TUNQOS_A_TUNNEL_ENCAP_VALUE,
	TUNQOS_A_TUNNEL_ENCAP_TABLE,
	TUNQOS_A_TUNNEL_ENCAP_INNER,
	TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE,
	TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE,
	TUNQOS_A_TUNNEL_ENCAP_ECN,
	TUNQOS_A_TUNNEL_DECAP_DSCP,
	TUNQOS_A_TUNNEL_DECAP_TABLE,
	TUNQOS_A_TUNNEL_DECAP_PERMIT,
	TUNQOS_A_TUNNEL_DECAP_CLASS,
	TUNQOS_A_TUNNEL_DECAP_ECN,
	TUNQOS_A_TUNNEL_PRE_CLASSIFY,
	TUNQOS_A_TUNNEL_PRIORITY_TABLE,
	TUNQOS_A_TUNNEL_CONTROL_DSCP,
	TUNQOS_A_TUNNEL_PAD,
	TUNQOS_A_TUNNEL_STATE,
	TUNQOS_A_TUNNEL_PROBLEM,
	TUNQOS_A_TUNNEL_HOOKS,
	TUNQOS_A_TUNNEL_KIND,
	TUNQOS_A_TUNNEL_ENCAP,
	TUNQOS_A_TUNNEL_DECAP,
	TUNQOS_A_TUNNEL_CLASS_VIA,
	TUNQOS_A_TUNNEL_CLASS_MASK,
	TUNQOS_A_TUNNEL_DECAP_GRO,

	__TUNQOS_A_TUNNEL_MAX
};
#define TUNQOS_A_TUNNEL_MAX (__TUNQOS_A_TUNNEL_MAX - 1)

enum {
	TUNQOS_A_PORT_DEVICE = 1,
	TUNQOS_A_PORT_DSCP_PCP,
	TUNQOS_A_PORT_STATE,
	TUNQOS_A_PORT_PROBLEM,
	TUNQOS_A_PORT_HOOKS,
	TUNQOS_A_PORT_LOWER,
	TUNQOS_A_PORT_VID,
	TUNQOS_A_PORT_EGRESS,
	TUNQOS_A_PORT_PAD,
	TUNQOS_A_PORT_DSCP_MARK,
	TUNQOS_A_PORT_MARK_MASK,
	TUNQOS_A_PORT_INGRESS,
	TUNQOS_A_PORT_PROTOCOL_PCP,
	TUNQOS_A_PORT_ARRIVAL_DSCP,
	TUNQOS_A_PORT_ARRIVAL_OVERRIDE,
	TUNQOS_A_PORT_ARRIVAL_TABLE,
	TUNQOS_A_PORT_DSCP_DEI,
	TUNQOS_A_PORT_PRIORITY_TAG,
	TUNQOS_A_PORT_RULES,

	__TUNQOS_A_PORT_MAX
};
#define TUNQOS_A_PORT_MAX (__TUNQOS_A_PORT_MAX - 1)

enum {
	TUNQOS_A_RULE_NUMBER = 1,
	TUNQOS_A_RULE_MARK_MASK,
	TUNQOS_A_RULE_COS_MASK,
	TUNQOS_A_RULE_ARRIVAL_DSCP,
	TUNQOS_A_RULE_ARRIVAL_OVERRIDE,
	TUNQOS_A_RULE_ARRIVAL_TAG,
	TUNQOS_A_RULE_DSCP_TAG,
	TUNQOS_A_RULE_INSERT_TAG,
	TUNQOS_A_RULE_ORIGINAL,
	TUNQOS_A_RULE_REPLY,
	TUNQOS_A_RULE_HOOKS,
	TUNQOS_A_RULE_PAD,

	__TUNQOS_A_RULE_MAX
};
#define TUNQOS_A_RULE_MAX (__TUNQOS_A_RULE_MAX - 1)

enum {
	TUNQOS_A_REASON_REASON = 1,
	TUNQOS_A_REASON_PACKETS,
	TUNQOS_A_REASON_PAD,

	__TUNQOS_A_REASON_MAX
};
#define TUNQOS_A_REASON_MAX (__TUNQOS_A_REASON_MAX - 1)

enum {
	TUNQOS_CMD_GET_INFO = 1,
	TUNQOS_CMD_BEGIN,
	TUNQOS_CMD_COMMIT,
	TUNQOS_CMD_ABORT,
	TUNQOS_CMD_FLUSH,
	TUNQOS_CMD_SET_TUNNEL,
	TUNQOS_CMD_DEL_TUNNEL,
	TUNQOS_CMD_GET_TUNNEL,
	TUNQOS_CMD_TUNNEL_NTF,
	TUNQOS_CMD_SET_PORT,
	TUNQOS_CMD_DEL_PORT,
	TUNQOS_CMD_GET_PORT,
	TUNQOS_CMD_PORT_NTF,
	TUNQOS_CMD_GET_REASON,
	TUNQOS_CMD_CONFIG_NTF,
	TUNQOS_CMD_SET_RULE,
	TUNQOS_CMD_DEL_RULE,
	TUNQOS_CMD_GET_RULE,

	__TUNQOS_CMD_MAX
};
#define TUNQOS_CMD_MAX (__TUNQOS_CMD_MAX - 1)

#define TUNQOS_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_TUNQOS_H */
