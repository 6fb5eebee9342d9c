// SPDX-License-Identifier: GPL-2.0-only
/* IP behind VLAN tags, PPPoE and MPLS, and what IP carries; see payload.h. */

#include "payload.h"

/**
 * tunqos_payload_ip() - the IP header at an offset
 * @data: where the search began
 * @len: bytes there
 * @offset: bytes to the header
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
int tunqos_payload_ip(const u8 *data, unsigned int len, unsigned int offset,
		      struct tunqos_inner *inner)
{
	if (len < offset + 2)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (!tunqos_ip_version(data + offset))
		return -1 - TUNQOS_REASON_NOT_IP;
	inner->offset = offset;
	inner->ds = tunqos_ds_read(data + offset);
	return 0;
}

/*
 * The IP header behind a stack of labels
 *
 * RFC 3032: nothing says what is behind the bottom label but the first four
 * bits, 4 or 6 (RFC 4928); explicit null labels say it themselves, and are as
 * good as any other if they stand above the bottom (RFC 4182). Parameters and
 * result as of tunqos_payload_ip().
 */
int tunqos_payload_mpls(const u8 *data, unsigned int len, unsigned int offset,
			struct tunqos_inner *inner)
{
	unsigned int label;
	int version;
	int depth;

	for (depth = 0; depth < TUNQOS_LABELS; depth++) {
		if (len < offset + 4)
			return -1 - TUNQOS_REASON_TRUNCATED;
		offset += 4;
		if (!(data[offset - 2] & 1))	/* not the bottom */
			continue;
		if (len < offset + 2)
			return -1 - TUNQOS_REASON_TRUNCATED;
		label = data[offset - 4] << 12 | data[offset - 3] << 4 |
			data[offset - 2] >> 4;
		version = tunqos_ip_version(data + offset);
		if ((label == 0 && version != 4) ||
		    (label == 2 && version != 6))
			return -1 - TUNQOS_REASON_NOT_IP;
		return tunqos_payload_ip(data, len, offset, inner);
	}
	return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
}

/*
 * The IP header behind a PPP protocol field
 *
 * Of one byte, if it is compressed (RFC 1661 section 6.5), or two. Parameters
 * and result as of tunqos_payload_ip().
 */
int tunqos_payload_ppp(const u8 *data, unsigned int len, unsigned int offset,
		       struct tunqos_inner *inner)
{
	unsigned int protocol;

	if (len < offset + 1)
		return -1 - TUNQOS_REASON_TRUNCATED;
	protocol = data[offset++];
	if (!(protocol & 1)) {	/* only the last byte is odd */
		if (len < offset + 1)
			return -1 - TUNQOS_REASON_TRUNCATED;
		protocol = protocol << 8 | data[offset++];
	}
	switch (protocol) {
	case 0x0021:
	case 0x0057:
		return tunqos_payload_ip(data, len, offset, inner);
	case 0x0281:	/* RFC 3032 section 4.3 */
	case 0x0283:
		return tunqos_payload_mpls(data, len, offset, inner);
	}
	return -1 - TUNQOS_REASON_NOT_IP;
}

/* RFC 2516 section 4: version and type 1, code 0 */
static int session(const u8 *data, unsigned int len, unsigned int offset,
		   struct tunqos_inner *inner)
{
	if (len < offset + 6)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (data[offset] != 0x11 || data[offset + 1])
		return -1 - TUNQOS_REASON_NOT_IP;
	return tunqos_payload_ppp(data, len, offset + 6, inner);
}

/**
 * tunqos_payload_type() - the IP header behind an EtherType
 * @data: where the search began
 * @len: bytes there
 * @offset: bytes to what follows the EtherType
 * @type: the EtherType
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
int tunqos_payload_type(const u8 *data, unsigned int len, unsigned int offset,
			unsigned int type, struct tunqos_inner *inner)
{
	int tags;

	for (tags = 0; tags <= TUNQOS_TAGS; tags++) {
		switch (type) {
		case TUNQOS_ETH_IPV4:
		case TUNQOS_ETH_IPV6:
			return tunqos_payload_ip(data, len, offset, inner);
		case TUNQOS_ETH_MPLS:
		case TUNQOS_ETH_MPLS_UP:
			return tunqos_payload_mpls(data, len, offset, inner);
		case TUNQOS_ETH_SESSION:
			return session(data, len, offset, inner);
		case TUNQOS_ETH_C_TAG:
		case TUNQOS_ETH_S_TAG:
			break;
		default:
			return -1 - TUNQOS_REASON_NOT_IP;
		}
		if (tags == TUNQOS_TAGS)
			break;
		if (len < offset + 4)
			return -1 - TUNQOS_REASON_TRUNCATED;
		type = data[offset + 2] << 8 | data[offset + 3];
		offset += 4;
	}
	return -1 - TUNQOS_REASON_IN_BAND_TAG;
}

/**
 * tunqos_payload_frame() - the IP header in an Ethernet frame
 * @data: where the search began
 * @len: bytes there
 * @offset: bytes to the frame
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
int tunqos_payload_frame(const u8 *data, unsigned int len, unsigned int offset,
			 struct tunqos_inner *inner)
{
	unsigned int type;

	offset += 14;
	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	type = data[offset - 2] << 8 | data[offset - 1];
	return tunqos_payload_type(data, len, offset, type, inner);
}

/**
 * tunqos_payload_other() - what a frame without an IP header is
 * @frame: from its addresses on
 * @len: bytes there
 *
 * Return: TUNQOS_PORT_PROTOCOL_NON_IP if it is nothing that has a name.
 */
enum tunqos_port_protocol tunqos_payload_other(const u8 *frame,
					       unsigned int len)
{
	unsigned int offset = 14;
	unsigned int type;
	int tags;

	for (tags = 0; len >= offset; tags++) {
		type = frame[offset - 2] << 8 | frame[offset - 1];
		switch (type) {
		case TUNQOS_ETH_ARP:
			return TUNQOS_PORT_PROTOCOL_ARP;
		case TUNQOS_ETH_DISCOVERY:
			return TUNQOS_PORT_PROTOCOL_PPPOE_DISCOVERY;
		case TUNQOS_ETH_SESSION:
			/* RFC 1661 section 2: 8000 and above control */
			if (len >= offset + 8 && frame[offset + 6] & 0x80 &&
			    !(frame[offset + 6] & 1))
				return TUNQOS_PORT_PROTOCOL_PPP_CONTROL;
			return TUNQOS_PORT_PROTOCOL_NON_IP;
		case TUNQOS_ETH_C_TAG:
		case TUNQOS_ETH_S_TAG:
			if (tags == TUNQOS_TAGS)
				return TUNQOS_PORT_PROTOCOL_NON_IP;
			break;
		default:
			return TUNQOS_PORT_PROTOCOL_NON_IP;
		}
		offset += 4;
	}
	return TUNQOS_PORT_PROTOCOL_NON_IP;
}

static int payload6(const u8 *header, unsigned int len, u8 *proto)
{
	unsigned int offset = TUNQOS_IPV6_MIN;
	int depth;

	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	*proto = header[6];
	for (depth = 0; depth < TUNQOS_EXTENSIONS; depth++) {
		switch (*proto) {
		case 0:		/* hop by hop */
		case 43:	/* routing */
		case 60:	/* destination options */
			break;
		default:
			return offset;
		}
		if (len < offset + 8)
			return -1 - TUNQOS_REASON_TRUNCATED;
		*proto = header[offset];
		offset += 8 + header[offset + 1] * 8;
		if (len < offset)
			return -1 - TUNQOS_REASON_TRUNCATED;
	}
	return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
}

/**
 * tunqos_outer_payload() - where what an IP header carries begins
 * @header: an IPv4 or IPv6 header
 * @len: bytes there
 * @proto: protocol number of what follows, filled in on success
 *
 * Follows the extension headers of IPv6: ip6tnl and ip6gre write the limit of
 * encapsulations into one (RFC 2473 section 4.1.1).
 *
 * Return: bytes from @header on, or -1 - reason.
 */
int tunqos_outer_payload(const u8 *header, unsigned int len, u8 *proto)
{
	unsigned int offset;

	if (len < TUNQOS_IPV4_MIN)
		return -1 - TUNQOS_REASON_TRUNCATED;
	switch (tunqos_ip_version(header)) {
	case 4:
		offset = (header[0] & 0x0f) * 4;
		*proto = header[9];
		return len < offset ? -1 - TUNQOS_REASON_TRUNCATED :
				      (int)offset;
	case 6:
		return payload6(header, len, proto);
	}
	return -1 - TUNQOS_REASON_NOT_IP;
}

/**
 * tunqos_payload_service() - which service of its own link a packet is of
 * @header: its IP header
 * @len: bytes there
 *
 * Return: TUNQOS_PORT_PROTOCOL_DHCP for DHCP of both families,
 * TUNQOS_PORT_PROTOCOL_ND, or -1.
 */
int tunqos_payload_service(const u8 *header, unsigned int len)
{
	unsigned int port;
	bool four;
	u8 proto;
	int offset = tunqos_outer_payload(header, len, &proto);

	if (offset < 0)
		return -1;
	four = tunqos_ip_version(header) == 4;
	if (four && ((header[6] & 0x1f) || header[7]))
		return -1;	/* a later fragment */
	if (proto == TUNQOS_PROTO_UDP && len >= (unsigned int)offset + 4) {
		port = header[offset + 2] << 8 | header[offset + 3];
		if (four ? port == 67 || port == 68 :
			   port == 546 || port == 547)
			return TUNQOS_PORT_PROTOCOL_DHCP;
	}
	/* RFC 4861 section 4: 133-137 */
	if (proto == TUNQOS_PROTO_ICMPV6 && !four &&
	    len > (unsigned int)offset && header[offset] >= 133 &&
	    header[offset] <= 137)
		return TUNQOS_PORT_PROTOCOL_ND;
	return -1;
}
