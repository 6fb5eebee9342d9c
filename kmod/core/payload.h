/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the IP header behind what an EtherType or a PPP protocol number
 * announces: VLAN tags, PPPoE, MPLS; and what is behind an IP header. Nothing
 * is assumed of the bytes.
 */
#ifndef TUNQOS_CORE_PAYLOAD_H
#define TUNQOS_CORE_PAYLOAD_H

#include "core.h"
#include "ds.h"

/* VLAN tags in a frame that the finder looks behind. */
#define TUNQOS_TAGS		2
/* Labels of a stack that it looks behind. */
#define TUNQOS_LABELS		8

/* An IP header with some options or extensions, and the ports behind. */
#define TUNQOS_SERVICE_BYTES	68

/* Tags, a PPPoE session, a stack of labels, and the DS field behind. */
#define TUNQOS_PAYLOAD_BYTES	(4 * TUNQOS_TAGS + 8 + 4 * TUNQOS_LABELS + 2)

/* IPv6 extension headers that tunqos_outer_payload() follows. */
#define TUNQOS_EXTENSIONS	8

#define TUNQOS_PROTO_IPIP	4
#define TUNQOS_PROTO_UDP	17
#define TUNQOS_PROTO_IPV6	41
#define TUNQOS_PROTO_GRE	47
#define TUNQOS_PROTO_ICMPV6	58
#define TUNQOS_PROTO_L2TP	115
#define TUNQOS_PROTO_MPLS	137	/* RFC 4023 */

#define TUNQOS_ETH_IPV4		0x0800
#define TUNQOS_ETH_ARP		0x0806
#define TUNQOS_ETH_ETHERNET	0x6558	/* transparent Ethernet bridging */
#define TUNQOS_ETH_C_TAG	0x8100	/* IEEE 802.1Q */
#define TUNQOS_ETH_S_TAG	0x88a8
#define TUNQOS_ETH_IPV6		0x86dd
#define TUNQOS_ETH_MPLS		0x8847	/* RFC 3032 section 5 */
#define TUNQOS_ETH_MPLS_UP	0x8848	/* upstream-assigned, RFC 5332 */
#define TUNQOS_ETH_DISCOVERY	0x8863	/* of PPPoE, RFC 2516 */
#define TUNQOS_ETH_SESSION	0x8864

/**
 * struct tunqos_inner - an inner IP header
 * @offset: bytes from where the search began to the header
 * @ds: its DS field (0-255)
 */
struct tunqos_inner {
	unsigned int offset;
	u8 ds;
};

int tunqos_payload_ip(const u8 *data, unsigned int len, unsigned int offset,
		      struct tunqos_inner *inner);
int tunqos_payload_mpls(const u8 *data, unsigned int len, unsigned int offset,
			struct tunqos_inner *inner);
int tunqos_payload_ppp(const u8 *data, unsigned int len, unsigned int offset,
		       struct tunqos_inner *inner);
int tunqos_payload_type(const u8 *data, unsigned int len, unsigned int offset,
			unsigned int type, struct tunqos_inner *inner);
int tunqos_payload_frame(const u8 *data, unsigned int len, unsigned int offset,
			 struct tunqos_inner *inner);

enum tunqos_port_protocol tunqos_payload_other(const u8 *frame,
					       unsigned int len);
int tunqos_payload_service(const u8 *header, unsigned int len);
int tunqos_outer_payload(const u8 *header, unsigned int len, u8 *proto);

/**
 * tunqos_payload_is_hidden() - can an IP header be behind an EtherType?
 * @type: the EtherType, not that of IP itself
 */
static inline bool tunqos_payload_is_hidden(unsigned int type)
{
	switch (type) {
	case TUNQOS_ETH_C_TAG:
	case TUNQOS_ETH_S_TAG:
	case TUNQOS_ETH_MPLS:
	case TUNQOS_ETH_MPLS_UP:
	case TUNQOS_ETH_SESSION:
		return true;
	}
	return false;
}

#endif /* TUNQOS_CORE_PAYLOAD_H */
