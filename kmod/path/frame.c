// SPDX-License-Identifier: GPL-2.0-only
/* Frames whose IP header is not in sight, or not there; see frame.h. */

#include <linux/skbuff.h>
#include <net/checksum.h>

#include "core/payload.h"
#include "path/frame.h"

/**
 * tunqos_frame_find() - the IP header behind an EtherType
 * @skb: the frame
 * @offset: bytes from skb->data to what follows the EtherType
 * @type: the EtherType
 * @inner: its offset is from skb->data on
 *
 * Return: 0, or -1 - reason.
 */
int tunqos_frame_find(const struct sk_buff *skb, int offset, __be16 type,
		      struct tunqos_inner *inner)
{
	u8 bytes[TUNQOS_PAYLOAD_BYTES];
	const u8 *data;
	int len;
	int err;

	if (offset < 0 || (int)skb->len < offset)
		return -1 - TUNQOS_REASON_TRUNCATED;
	len = min_t(int, skb->len - offset, sizeof(bytes));
	data = skb_header_pointer(skb, offset, len, bytes);
	if (!data)
		return -1 - TUNQOS_REASON_TRUNCATED;
	err = tunqos_payload_type(data, len, 0, ntohs(type), inner);
	if (!err)
		inner->offset += offset;
	return err;
}

/* The same from the EtherType that the frame at skb->data has. */
int tunqos_frame_find_tagged(const struct sk_buff *skb,
			     struct tunqos_inner *inner)
{
	__be16 type;

	if (skb_copy_bits(skb, ETH_HLEN - 2, &type, sizeof(type)))
		return -1 - TUNQOS_REASON_TRUNCATED;
	return tunqos_frame_find(skb, ETH_HLEN, type, inner);
}

/**
 * tunqos_frame_is_whole() - is a header that was found really one of IP?
 * @skb: any
 * @offset: bytes from skb->data to it
 *
 * Only its first four bits say that what follows a label is IP (RFC 4928):
 * before anything is written, IPv4's checksum or IPv6's length must agree.
 */
bool tunqos_frame_is_whole(const struct sk_buff *skb, unsigned int offset)
{
	u8 bytes[60];
	unsigned int left = skb->len - offset;
	const u8 *header = skb_header_pointer(skb, offset, TUNQOS_IPV4_MIN,
					      bytes);
	unsigned int len;

	if (!header)
		return false;
	if (tunqos_ip_version(header) == 6) {
		len = TUNQOS_IPV6_MIN + (header[4] << 8 | header[5]);
		/* a frame of an Ethernet may be padded */
		return len <= left && left - len < ETH_ZLEN;
	}
	len = (header[0] & 0x0f) * 4;
	header = skb_header_pointer(skb, offset, len, bytes);
	return header && !ip_fast_csum(header, len / 4);
}

/* What the frame at skb->data is, in which no IP header was found. */
enum tunqos_port_protocol tunqos_frame_other(const struct sk_buff *skb)
{
	u8 bytes[ETH_HLEN + TUNQOS_PAYLOAD_BYTES];
	int len = min_t(int, skb->len, sizeof(bytes));
	const u8 *data = skb_header_pointer(skb, 0, len, bytes);

	return data ? tunqos_payload_other(data, len) :
		      TUNQOS_PORT_PROTOCOL_NON_IP;
}

/* What is behind the IP header: an enum tunqos_port_protocol, or -1. */
int tunqos_frame_service(const struct sk_buff *skb, unsigned int offset)
{
	u8 bytes[TUNQOS_SERVICE_BYTES];
	int len = min_t(int, skb->len - offset, sizeof(bytes));
	const u8 *data = skb_header_pointer(skb, offset, len, bytes);

	return data ? tunqos_payload_service(data, len) : -1;
}
