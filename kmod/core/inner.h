/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the inner IP header behind an encapsulation header, bounded by the
 * length given. Nothing is assumed of the bytes: they may come from the wire.
 */
#ifndef TUNQOS_CORE_INNER_H
#define TUNQOS_CORE_INNER_H

#include "core.h"
#include "ds.h"
#include "payload.h"

/* Enough for what is usual; a longer header is read as far as it is there. */
#define TUNQOS_INNER_BYTES	64

/* The longest header of GRE and the DS field behind it. */
#define TUNQOS_INNER_MIN	18

/* Tunnels in tunnels that tunqos_innermost() follows. */
#define TUNQOS_INNER_DEPTH	4

#define TUNQOS_UDP_BYTES	8

/* What a tunnel device writes between the two IP headers. */
enum tunqos_form {
	TUNQOS_FORM_IP,		/* nothing */
	TUNQOS_FORM_GRE,
	TUNQOS_FORM_VXLAN,
	TUNQOS_FORM_GENEVE,
	TUNQOS_FORM_L2TP,
	TUNQOS_FORM_WIREGUARD,
	TUNQOS_FORM_IPSEC,	/* xfrm and vti devices: no header */
	TUNQOS_FORM_PPP,	/* L2TPv2 in UDP */
	TUNQOS_FORM_GTP,
};

/* GRE, RFC 2784 and 2890: flags, then the EtherType of the payload */
#define TUNQOS_GRE_CSUM		0x80
#define TUNQOS_GRE_ROUTING	0x40
#define TUNQOS_GRE_KEY		0x20
#define TUNQOS_GRE_SEQ		0x10
#define TUNQOS_GRE_OPTIONS	(TUNQOS_GRE_CSUM | TUNQOS_GRE_KEY | \
				 TUNQOS_GRE_SEQ)
#define TUNQOS_GRE_VERSION	0x07

int tunqos_inner_find(const u8 *data, unsigned int len, u8 proto,
		      struct tunqos_inner *inner);
int tunqos_inner_in(enum tunqos_form form, const u8 *data, unsigned int len,
		    u8 proto, struct tunqos_inner *inner);
int tunqos_fou_len(enum tunqos_form form, const u8 *data, unsigned int len,
		   u8 *proto);

/**
 * tunqos_inner_quick() - the inner header of a packet that is as most are
 * @data: what follows the outer IP header, TUNQOS_INNER_MIN bytes at least
 * @proto: protocol number of the outer IP header: 4, 41 or 47
 * @inner: filled in on success
 *
 * It never finds what tunqos_inner_find() would not, or otherwise, and calls
 * nothing: the packet path needs no stack for it.
 *
 * Return: false if only tunqos_inner_find() can tell.
 */
static inline bool tunqos_inner_quick(const u8 *data, u8 proto,
				      struct tunqos_inner *inner)
{
	unsigned int offset = 0;
	unsigned int type;

	if (proto == TUNQOS_PROTO_GRE) {
		type = data[2] << 8 | data[3];
		if (type != TUNQOS_ETH_IPV4 && type != TUNQOS_ETH_IPV6)
			return false;
		offset = 4;
		if (data[0] | data[1]) {
			if (data[1] || (data[0] & ~TUNQOS_GRE_OPTIONS))
				return false;
			offset += (data[0] >> 7 & 1) * 4 +
				  (data[0] >> 5 & 1) * 4 +
				  (data[0] >> 4 & 1) * 4;
		}
	}
	if (!tunqos_ip_version(data + offset))
		return false;
	inner->offset = offset;
	inner->ds = tunqos_ds_read(data + offset);
	return true;
}

/* Bytes of UDP, of a header of eight, and of Ethernet; and the DS field. */
#define TUNQOS_FRAME_MIN	32

/**
 * tunqos_inner_quick_udp() - the same of an Ethernet frame in UDP
 * @form: of the device
 * @data: the UDP header, TUNQOS_FRAME_MIN bytes at least
 * @inner: filled in on success
 *
 * VXLAN without next protocol (RFC 7348), Geneve without options (RFC 8926),
 * a frame without a VLAN tag. It never finds what tunqos_inner_in() would not,
 * or otherwise.
 *
 * Return: false if only tunqos_inner_in() can tell.
 */
static inline bool tunqos_inner_quick_udp(enum tunqos_form form, const u8 *data,
					  struct tunqos_inner *inner)
{
	unsigned int type = data[28] << 8 | data[29];

	if (form == TUNQOS_FORM_VXLAN) {
		if ((data[8] & 0x0c) != 0x08)	/* VNI, no next protocol */
			return false;
	} else if (form != TUNQOS_FORM_GENEVE || data[8] || (data[9] & 0x80) ||
		   (data[10] << 8 | data[11]) != TUNQOS_ETH_ETHERNET) {
		return false;
	}
	if ((type != TUNQOS_ETH_IPV4 && type != TUNQOS_ETH_IPV6) ||
	    !tunqos_ip_version(data + 30))
		return false;
	inner->offset = 30;
	inner->ds = tunqos_ds_read(data + 30);
	return true;
}

u8 tunqos_innermost(const u8 *data, unsigned int len,
		    struct tunqos_inner inner);

#endif /* TUNQOS_CORE_INNER_H */
