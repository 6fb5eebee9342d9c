// SPDX-License-Identifier: GPL-2.0-only
/* The only file that writes packets. */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/checksum.h>

#include "core/ds.h"
#include "path/skb.h"

/* A word at @offset, which is odd behind a compressed PPP protocol field. */
static void csum_moved(struct sk_buff *skb, int offset, __be16 before,
		       __be16 after)
{
	skb->csum = csum_block_sub(skb->csum, (__force __wsum)before, offset);
	skb->csum = csum_block_add(skb->csum, (__force __wsum)after, offset);
}

/**
 * tunqos_skb_write_ds() - write bits of the DS field of an IP header
 * @skb: any packet: cloned, nonlinear, GSO, any checksum state
 * @offset: bytes from skb->data to the IP header, not negative
 * @ds: the bits, 0-255
 * @mask: which of them to write, 0-255
 *
 * Headers may move: pointers into the packet are stale afterwards.
 *
 * No checksum of a higher layer covers the DS field. CHECKSUM_COMPLETE covers
 * the header: for IPv4 the adjusted header checksum makes up for the change,
 * for IPv6 skb->csum is adjusted. A header in front of skb->data would not be
 * covered, but there is none: all callers stand at or before the header.
 *
 * Context: softirq or process, RCU read side.
 * Return: 0, -EINVAL if there is no IP header, -ENOMEM.
 */
int tunqos_skb_write_ds(struct sk_buff *skb, int offset, u8 ds, u8 mask)
{
	u8 *header;
	int version;
	u8 old;

	if (!pskb_may_pull(skb, offset + sizeof(struct iphdr)))
		return -EINVAL;
	header = skb->data + offset;
	version = tunqos_ip_version(header);
	if (!version)
		return -EINVAL;
	old = tunqos_ds_read(header);
	ds = (old & ~mask) | (ds & mask);
	if (ds == old)
		return 0;

	if (version == 4) {
		if (skb_ensure_writable(skb, offset + sizeof(struct iphdr)))
			return -ENOMEM;
		tunqos_ds_put4(skb->data + offset, ds);
	} else {
		__be16 before, after;

		if (!pskb_may_pull(skb, offset + sizeof(struct ipv6hdr)))
			return -EINVAL;
		if (skb_ensure_writable(skb, offset + sizeof(struct ipv6hdr)))
			return -ENOMEM;
		header = skb->data + offset;
		before = *(__be16 *)header;
		tunqos_ds_put6(header, ds);
		after = *(__be16 *)header;
		if (skb->ip_summed == CHECKSUM_COMPLETE)
			csum_moved(skb, offset, before, after);
	}
	return 0;
}

/**
 * tunqos_skb_write_tci() - write the TCI of a tag that is in the frame
 * @skb: a frame that leaves: cloned, nonlinear, GSO; no CHECKSUM_COMPLETE, for
 *	what is forwarded has lost that
 * @offset: bytes from skb->data to the TCI, not negative
 * @tci: in host order
 *
 * Headers may move: pointers into the packet are stale afterwards.
 *
 * Context: softirq or process.
 * Return: 0 or a negative error number.
 */
int tunqos_skb_write_tci(struct sk_buff *skb, int offset, u16 tci)
{
	__be16 word = htons(tci);
	int err = skb_ensure_writable(skb, offset + sizeof(word));

	return err ?: skb_store_bits(skb, offset, &word, sizeof(word));
}

/*
 * A word that a checksum at @offset covers has changed. The checksum is not
 * there yet where the device or the segmentation is to make it; 0 of UDP says
 * that there is none.
 */
static void sum_moved(struct sk_buff *skb, int offset, bool udp,
		      __be16 before, __be16 after)
{
	__sum16 *sum = (__sum16 *)(skb->data + offset);

	if (skb_is_gso(skb))
		return;
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    skb_checksum_start_offset(skb) + skb->csum_offset == offset)
		return;
	if (udp && !*sum)
		return;
	csum_replace2(sum, before, after);
	if (udp && !*sum)
		*sum = CSUM_MANGLED_0;
}

/**
 * tunqos_skb_write_covered() - write the DSCP of a header inside a tunnel
 * @skb: at LOCAL_OUT, skb->data at the outer header
 * @offset: bytes from skb->data to the inner IP header
 * @dscp: 0-63
 * @sum: bytes from skb->data to the innermost checksum around it, 0 if there
 *	is none; for checksums further out that one makes up for the change
 * @udp: it is one of UDP
 *
 * Of an IPv4 header its own checksum makes up for the change.
 *
 * Context and result: as of tunqos_skb_write_ds().
 */
int tunqos_skb_write_covered(struct sk_buff *skb, int offset, u8 dscp,
			     int sum, bool udp)
{
	__be16 before, after;
	int err;

	if (!pskb_may_pull(skb, offset + sizeof(struct iphdr)))
		return -EINVAL;
	if (!sum || tunqos_ip_version(skb->data + offset) != 6)
		return tunqos_skb_write_dscp(skb, offset, dscp);
	before = *(__be16 *)(skb->data + offset);
	err = tunqos_skb_write_dscp(skb, offset, dscp);
	if (err)
		return err;
	after = *(__be16 *)(skb->data + offset);
	if (offset % 2) {	/* behind a compressed PPP protocol field */
		before = (__force __be16)swab16((__force u16)before);
		after = (__force __be16)swab16((__force u16)after);
	}
	if (before != after)
		sum_moved(skb, sum, udp, before, after);
	return 0;
}
