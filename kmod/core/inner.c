// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to inner IP header, bounded by the length given. Nothing is assumed
 * of the bytes: they may come from the wire.
 */

#include "inner.h"
#include "ds.h"

#define PROTO_IPIP	4
#define PROTO_IPV6	41
#define PROTO_GRE	47

/* GRE, RFC 2784 and 2890: flags, then the EtherType of the payload */
#define GRE_CSUM	0x80
#define GRE_ROUTING	0x40
#define GRE_KEY		0x20
#define GRE_SEQ		0x10
#define GRE_VERSION	0x07

/* Length of the GRE header in bytes, or a negative reason - 1. */
static int gre_len(const u8 *gre, unsigned int len)
{
	unsigned int proto;
	int bytes = 4;

	if (len < 4)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if ((gre[0] & GRE_ROUTING) || (gre[1] & GRE_VERSION))
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	proto = gre[2] << 8 | gre[3];
	if (proto != 0x0800 && proto != 0x86dd)
		return -1 - TUNQOS_REASON_NOT_IP;
	if (gre[0] & GRE_CSUM)
		bytes += 4;
	if (gre[0] & GRE_KEY)
		bytes += 4;
	if (gre[0] & GRE_SEQ)
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
int tunqos_inner_find(const u8 *data, unsigned int len, u8 proto,
		      struct tunqos_inner *inner)
{
	int offset = 0;

	switch (proto) {
	case PROTO_IPIP:
	case PROTO_IPV6:
		break;
	case PROTO_GRE:
		offset = gre_len(data, len);
		if (offset < 0)
			return offset;
		break;
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

/**
 * tunqos_innermost() - the DSCP of the innermost header that can be seen
 * @data: as for tunqos_inner_find()
 * @len: as for tunqos_inner_find()
 * @inner: what it found
 *
 * Follows tunnels in tunnels until a header is not one, is a later fragment,
 * or is out of sight.
 *
 * Return: 0-63.
 */
u8 tunqos_innermost(const u8 *data, unsigned int len,
		    const struct tunqos_inner *inner)
{
	struct tunqos_inner found = *inner;
	unsigned int offset = 0;
	int depth;

	for (depth = 1; depth < TUNQOS_INNER_DEPTH; depth++) {
		struct tunqos_inner next;
		const u8 *header;
		unsigned int skip;
		u8 proto;

		offset += found.offset;
		header = data + offset;
		if (tunqos_ip_version(header) == 4) {
			if (len < offset + TUNQOS_IPV4_MIN)
				break;
			if ((header[6] & 0x1f) || header[7])
				break;	/* a later fragment */
			proto = header[9];
			skip = (header[0] & 0x0f) * 4;
		} else {
			if (len < offset + TUNQOS_IPV6_MIN)
				break;
			proto = header[6];
			skip = TUNQOS_IPV6_MIN;
		}
		if (len < offset + skip)
			break;
		if (tunqos_inner_find(header + skip, len - offset - skip,
				      proto, &next))
			break;
		offset += skip;
		found = next;
	}
	return tunqos_ds_dscp(found.ds);
}
