// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inner header behind each form of encapsulation, and the innermost one.
 * What is usual of GRE, IP in IP and UDP is read at once, in inner.h.
 */

#include "inner.h"

/* GRE protocol types of ERSPAN */
#define GRE_ERSPAN	0x88be
#define GRE_ERSPAN3	0x22eb

/* Length of the GRE header in bytes, or -1 - reason; what it carries. */
static int gre_len(const u8 *gre, unsigned int len, unsigned int *type)
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

/*
 * draft-foschiano-erspan: a frame behind no header (type I, without a sequence
 * number), one of 8 bytes (II), or of 12 and perhaps 8 more (III).
 */
static int inner_erspan(const u8 *data, unsigned int len, unsigned int offset,
			bool sequence, unsigned int type,
			struct tunqos_inner *inner)
{
	if (type == GRE_ERSPAN3) {
		if (len < offset + 12)
			return -1 - TUNQOS_REASON_TRUNCATED;
		if (data[offset] >> 4 != 2)
			return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
		offset += data[offset + 11] & 1 ? 20 : 12;
	} else if (sequence) {
		if (len < offset + 8)
			return -1 - TUNQOS_REASON_TRUNCATED;
		if (data[offset] >> 4 != 1)
			return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
		offset += 8;
	}
	return tunqos_payload_frame(data, len, offset, inner);
}

/* The payload of an EtherType in a tunnel. */
static int inner_type(const u8 *data, unsigned int len, unsigned int offset,
		      unsigned int type, struct tunqos_inner *inner)
{
	if (type == TUNQOS_ETH_ETHERNET)
		return tunqos_payload_frame(data, len, offset, inner);
	return tunqos_payload_type(data, len, offset, type, inner);
}

static int inner_gre(const u8 *data, unsigned int len,
		     struct tunqos_inner *inner)
{
	unsigned int type;
	int offset = gre_len(data, len, &type);

	if (offset < 0)
		return offset;
	if (type == GRE_ERSPAN || type == GRE_ERSPAN3)
		return inner_erspan(data, len, offset,
				    data[0] & TUNQOS_GRE_SEQ, type, inner);
	return inner_type(data, len, offset, type, inner);
}

/**
 * tunqos_inner_find() - the inner header of an encapsulated packet
 * @data: what follows the outer IP header
 * @len: bytes there
 * @proto: protocol number of the outer IP header: 4, 41, 47 or 137
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
int tunqos_inner_find(const u8 *data, unsigned int len, u8 proto,
		      struct tunqos_inner *inner)
{
	switch (proto) {
	case TUNQOS_PROTO_IPIP:
	case TUNQOS_PROTO_IPV6:
		return tunqos_payload_ip(data, len, 0, inner);
	case TUNQOS_PROTO_GRE:
		return inner_gre(data, len, inner);
	case TUNQOS_PROTO_MPLS:
		return tunqos_payload_mpls(data, len, 0, inner);
	}
	return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
}

/* RFC 7348, and the generic protocol extension of vxlan devices. */
static int inner_vxlan(const u8 *data, unsigned int len,
		       struct tunqos_inner *inner)
{
	const u8 *vxlan = data + TUNQOS_UDP_BYTES;
	unsigned int offset = TUNQOS_UDP_BYTES + 8;

	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (!(vxlan[0] & 0x08))		/* no VNI */
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (!(vxlan[0] & 0x04))		/* no next protocol */
		return tunqos_payload_frame(data, len, offset, inner);
	if ((vxlan[0] & 0x30) || (vxlan[0] & 0x01))	/* version, OAM */
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	switch (vxlan[3]) {
	case 1:
	case 2:
		return tunqos_payload_ip(data, len, offset, inner);
	case 3:
		return tunqos_payload_frame(data, len, offset, inner);
	case 5:
		return tunqos_payload_mpls(data, len, offset, inner);
	}
	return -1 - TUNQOS_REASON_NOT_IP;
}

/* RFC 8926 */
static int inner_geneve(const u8 *data, unsigned int len,
			struct tunqos_inner *inner)
{
	const u8 *geneve = data + TUNQOS_UDP_BYTES;
	unsigned int offset = TUNQOS_UDP_BYTES + 8;

	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if ((geneve[0] & 0xc0) || (geneve[1] & 0x80))	/* version, control */
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	offset += (geneve[0] & 0x3f) * 4;
	return inner_type(data, len, offset, geneve[2] << 8 | geneve[3], inner);
}

/*
 * RFC 2661 section 3.1: a data message of L2TPv2 and its PPP frame, whose first
 * two bytes may be left out (RFC 1661 section 6.6).
 */
static int inner_l2tpv2(const u8 *data, unsigned int len,
			struct tunqos_inner *inner)
{
	const u8 *l2tp = data + TUNQOS_UDP_BYTES;
	unsigned int offset = TUNQOS_UDP_BYTES + 6;

	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if ((l2tp[0] & 0x80) || (l2tp[1] & 0x0f) != 2)	/* control, version */
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (l2tp[0] & 0x40)	/* length */
		offset += 2;
	if (l2tp[0] & 0x08)	/* sequence numbers */
		offset += 4;
	if (l2tp[0] & 0x02) {	/* offset size */
		offset += 2;
		if (len < offset)
			return -1 - TUNQOS_REASON_TRUNCATED;
		offset += data[offset - 2] << 8 | data[offset - 1];
	}
	if (len < offset + 2)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (data[offset] == 0xff && data[offset + 1] == 0x03)
		offset += 2;
	return tunqos_payload_ppp(data, len, offset, inner);
}

/* 3GPP TS 29.281 section 5 (version 1), TS 29.060 section 6 (version 0) */
static int inner_gtp(const u8 *data, unsigned int len,
		     struct tunqos_inner *inner)
{
	const u8 *gtp = data + TUNQOS_UDP_BYTES;
	unsigned int offset = TUNQOS_UDP_BYTES + 8;
	bool extended;
	int depth;

	if (len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (gtp[0] >> 4 == 1)	/* version 0, with PT */
		offset += 12;
	else if (gtp[0] >> 4 != 3)
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (gtp[1] != 255)	/* not a user's packet */
		return -1 - TUNQOS_REASON_NOT_IP;
	if (gtp[0] >> 4 == 1 || !(gtp[0] & 0x07))
		return tunqos_payload_ip(data, len, offset, inner);

	offset += 4;
	extended = gtp[0] & 0x04;
	for (depth = 0; depth < TUNQOS_EXTENSIONS; depth++) {
		if (len < offset)
			return -1 - TUNQOS_REASON_TRUNCATED;
		if (!extended || !data[offset - 1])
			return tunqos_payload_ip(data, len, offset, inner);
		if (len < offset + 1)
			return -1 - TUNQOS_REASON_TRUNCATED;
		if (!data[offset])
			break;
		offset += data[offset] * 4;
	}
	return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
}

/**
 * tunqos_fou_len() - length of UDP and, with GUE, of the header behind it
 * @form: of the device: TUNQOS_FORM_IP or TUNQOS_FORM_GRE
 * @data: the UDP header
 * @len: bytes there
 * @proto: protocol number of what follows, filled in on success
 *
 * Nothing says whether it is FOU (no header) or GUE
 * (draft-ietf-intarea-gue, a header of four bytes at least): the second byte
 * does. With GRE it has version 0 or a protocol number; of an IP header the
 * first byte tells.
 *
 * Return: bytes, or -1 - reason.
 */
int tunqos_fou_len(enum tunqos_form form, const u8 *data, unsigned int len,
		   u8 *proto)
{
	const u8 *head = data + TUNQOS_UDP_BYTES;
	int bytes = TUNQOS_UDP_BYTES;

	if (len < TUNQOS_UDP_BYTES + 4)
		return -1 - TUNQOS_REASON_TRUNCATED;
	*proto = form == TUNQOS_FORM_GRE ? TUNQOS_PROTO_GRE : TUNQOS_PROTO_IPIP;
	if (form == TUNQOS_FORM_GRE ? !head[1] : tunqos_ip_version(head) != 0)
		return bytes;
	if (head[0] & 0xe0)	/* GUE of another version, or control */
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	if (form == TUNQOS_FORM_GRE ? head[1] != TUNQOS_PROTO_GRE :
	    (head[1] != TUNQOS_PROTO_IPIP && head[1] != TUNQOS_PROTO_IPV6))
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	bytes += 4 + (head[0] & 0x1f) * 4;
	return len < (unsigned int)bytes ? -1 - TUNQOS_REASON_TRUNCATED : bytes;
}

static int inner_fou(enum tunqos_form form, const u8 *data, unsigned int len,
		     struct tunqos_inner *inner)
{
	u8 proto;
	int skip = tunqos_fou_len(form, data, len, &proto);
	int err;

	if (skip < 0)
		return skip;
	err = tunqos_inner_find(data + skip, len - skip, proto, inner);
	if (!err)
		inner->offset += skip;
	return err;
}

/**
 * tunqos_inner_in() - the inner header of a packet of a tunnel device
 * @form: what the device writes; not L2TP and WireGuard, which do not tell
 * @data: what follows the outer IP header
 * @len: bytes there
 * @proto: protocol number of the outer IP header
 * @inner: filled in on success
 *
 * Return: 0, or -1 - reason (enum tunqos_reason).
 */
int tunqos_inner_in(enum tunqos_form form, const u8 *data, unsigned int len,
		    u8 proto, struct tunqos_inner *inner)
{
	switch (form) {
	case TUNQOS_FORM_IP:
		if (proto == TUNQOS_PROTO_IPIP || proto == TUNQOS_PROTO_IPV6 ||
		    proto == TUNQOS_PROTO_MPLS)
			return tunqos_inner_find(data, len, proto, inner);
		break;
	case TUNQOS_FORM_GRE:
		if (proto == TUNQOS_PROTO_GRE)
			return tunqos_inner_find(data, len, proto, inner);
		break;
	default:
		break;
	}
	if (proto != TUNQOS_PROTO_UDP)
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	switch (form) {
	case TUNQOS_FORM_IP:
	case TUNQOS_FORM_GRE:
		return inner_fou(form, data, len, inner);
	case TUNQOS_FORM_VXLAN:
		return inner_vxlan(data, len, inner);
	case TUNQOS_FORM_GENEVE:
		return inner_geneve(data, len, inner);
	case TUNQOS_FORM_PPP:
		return inner_l2tpv2(data, len, inner);
	case TUNQOS_FORM_GTP:
		return inner_gtp(data, len, inner);
	default:
		return -1 - TUNQOS_REASON_UNKNOWN_HEADER;
	}
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
		    struct tunqos_inner inner)
{
	struct tunqos_inner found = inner;
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
