/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the inner IP header behind an encapsulation header, bounded by the
 * length given. Nothing is assumed of the bytes: they may come from the wire.
 */
#ifndef TUNQOS_CORE_INNER_H
#define TUNQOS_CORE_INNER_H

#include "core.h"
#include "ds.h"

/* Enough for every encapsulation header here and the DS field behind it. */
#define TUNQOS_INNER_BYTES	64

/* The longest encapsulation header here and the DS field behind it. */
#define TUNQOS_INNER_MIN	18

/* IPv6 extension headers that tunqos_outer_payload() follows. */
#define TUNQOS_EXTENSIONS	8

/* Tunnels in tunnels that tunqos_innermost() follows. */
#define TUNQOS_INNER_DEPTH	4

/**
 * struct tunqos_inner - an inner IP header
 * @offset: bytes from where the search began to the header
 * @ds: its DS field (0-255)
 */
struct tunqos_inner {
	unsigned int offset;
	u8 ds;
};

#define TUNQOS_PROTO_IPIP	4
#define TUNQOS_PROTO_UDP	17
#define TUNQOS_PROTO_IPV6	41
#define TUNQOS_PROTO_GRE	47
#define TUNQOS_PROTO_L2TP	115

#define TUNQOS_UDP_BYTES	8

/* What a tunnel device writes between the two IP headers. */
enum tunqos_form {
	TUNQOS_FORM_IP,		/* nothing */
	TUNQOS_FORM_GRE,
	TUNQOS_FORM_VXLAN,
	TUNQOS_FORM_GENEVE,
	TUNQOS_FORM_L2TP,
	TUNQOS_FORM_WIREGUARD,
};

#define TUNQOS_ETH_IPV4		0x0800
#define TUNQOS_ETH_IPV6		0x86dd
#define TUNQOS_ETH_ETHERNET	0x6558	/* transparent Ethernet bridging */

/* GRE, RFC 2784 and 2890: flags, then the EtherType of the payload */
#define TUNQOS_GRE_CSUM		0x80
#define TUNQOS_GRE_ROUTING	0x40
#define TUNQOS_GRE_KEY		0x20
#define TUNQOS_GRE_SEQ		0x10
#define TUNQOS_GRE_VERSION	0x07

int tunqos_inner_ethernet(const u8 *data, unsigned int len,
			  unsigned int offset, struct tunqos_inner *inner);
int tunqos_inner_in(enum tunqos_form form, const u8 *data, unsigned int len,
		    u8 proto, struct tunqos_inner *inner);
int tunqos_fou_len(enum tunqos_form form, const u8 *data, unsigned int len,
		   u8 *proto);
int tunqos_outer_payload(const u8 *header, unsigned int len, u8 *proto);

/* Length of the GRE header in bytes, or -1 - reason; what it carries. */
static inline int tunqos_gre_len(const u8 *gre, unsigned int len,
				 unsigned int *type)
{
	int bytes = 4;

	if (len < 4)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if ((gre[0] & TUNQOS_GRE_ROUTING) || (gre[1] & TUNQOS_GRE_VERSION))
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	*type = gre[2] << 8 | gre[3];
	if (gre[0] & TUNQOS_GRE_CSUM)
		bytes += 4;
	if (gre[0] & TUNQOS_GRE_KEY)
		bytes += 4;
	if (gre[0] & TUNQOS_GRE_SEQ)
		bytes += 4;
	return bytes;
}

/**
 * tunqos_inner_find() - the inner header of an encapsulated packet
 * @data: what follows the outer IP header
 * @len: bytes there
 * @proto: protocol number of the outer IP header: 4, 41 or 47
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
static inline int tunqos_inner_find(const u8 *data, unsigned int len, u8 proto,
				    struct tunqos_inner *inner)
{
	unsigned int type;
	int offset = 0;

	switch (proto) {
	case TUNQOS_PROTO_IPIP:
	case TUNQOS_PROTO_IPV6:
		break;
	case TUNQOS_PROTO_GRE:
		offset = tunqos_gre_len(data, len, &type);
		if (offset < 0)
			return offset;
		if (type == TUNQOS_ETH_IPV4 || type == TUNQOS_ETH_IPV6)
			break;
		if (type == TUNQOS_ETH_ETHERNET)
			return tunqos_inner_ethernet(data, len, offset, inner);
		return -1 - TUNQOS_REASON_NOT_IP;
	default:
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	}

	if (len < (unsigned int)offset + 2)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (!tunqos_ip_version(data + offset))
		return -1 - TUNQOS_REASON_NOT_IP;
	inner->offset = offset;
	inner->ds = tunqos_ds_read(data + offset);
	return 0;
}

u8 tunqos_innermost(const u8 *data, unsigned int len,
		    struct tunqos_inner inner);

#endif /* TUNQOS_CORE_INNER_H */
