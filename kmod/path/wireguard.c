// SPDX-License-Identifier: GPL-2.0-only
/*
 * WireGuard clears all that a packet carries but its hash, and shows outer.c
 * an encrypted packet. So egress of the device is [1 Before], and POST_ROUTING
 * for what an IFB has made skip that: it writes what outer.c must know into the
 * hash, and the inner DSCP, [3 Inner], into the packet. After decryption the
 * outer header is still in front of the packet: WireGuard itself reads it
 * there. It is believed if it proves to be one. Softirq or process context.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/udp.h>
#include <net/sock.h>
#include <net/ip.h>

#include "core/ds.h"
#include "core/hash.h"
#include "core/inner.h"
#include "core/payload.h"
#include "path/attachment.h"
#include "path/profile.h"
#include "path/skb.h"
#include "path/wireguard.h"

/* The data message of WireGuard: type 4, then receiver, counter, a tag. */
#define DATA_TYPE	4
#define DATA_HEAD	16
#define DATA_TAG	16
#define PADDING		16

static u32 key __read_mostly;

void __init tunqos_wireguard_init(void)
{
	key = get_random_u32();
}

/* The innermost DSCP (0-63) of an inner packet at @offset. */
static u8 innermost(const struct sk_buff *skb, int offset, u8 ds)
{
	struct tunqos_inner inner = { .ds = ds };
	u8 bytes[2 * TUNQOS_INNER_BYTES];
	unsigned int len = min_t(unsigned int, skb->len - offset,
				 sizeof(bytes));
	const u8 *data = skb_header_pointer(skb, offset, len, bytes);

	return data ? tunqos_innermost(data, len, inner) : tunqos_ds_dscp(ds);
}

/* The headers are not validated. @offset: from skb->data to the IP header */
static void before(struct sk_buff *skb, const struct tunqos_profile *profile,
		   int offset)
{
	u8 ds, class, inner;

	if (offset < 0 || !pskb_may_pull(skb, offset + TUNQOS_IPV4_MIN) ||
	    !tunqos_ip_version(skb->data + offset))
		return;

	ds = tunqos_ds_read(skb->data + offset);
	class = tunqos_ds_dscp(ds);
	if (profile->pre_classify)
		class = innermost(skb, offset, ds);
	inner = profile->inner[tunqos_ds_dscp(ds)];
	/* without a word of it outer.c counts the packet as left alone */
	if (inner != TUNQOS_TABLE_LEAVE &&
	    (tunqos_skb_is_list(skb) ||
	     tunqos_skb_write_dscp(skb, offset, inner)))
		return;
	__skb_set_hash(skb, tunqos_hash_make(skb_get_hash(skb), ds, class, key),
		       true, true);
}

/* Egress of a wireguard device. */
unsigned int tunqos_wireguard_before(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	const struct tunqos_attachment *attachment = priv;
	const struct tunqos_profile *profile;

	profile = rcu_dereference(attachment->profile);
	if (profile)
		before(skb, profile, skb_network_offset(skb));
	return NF_ACCEPT;
}

/*
 * POST_ROUTING to a device: a packet that came by way of an IFB (shaping of
 * what comes in) passes no egress hook any more.
 */
void tunqos_wireguard_skipped(struct sk_buff *skb, const struct net_device *dev)
{
	const struct tunqos_attachment *attachment;
	const struct tunqos_profile *profile;

	attachment = tunqos_attachment_find(dev);
	if (!attachment || attachment->form != TUNQOS_FORM_WIREGUARD)
		return;
	profile = rcu_dereference(attachment->profile);
	if (profile && profile->encap_any)
		before(skb, profile, 0);
}

/**
 * tunqos_wireguard_inner() - what is inside a packet of a wireguard device
 * @skb: at LOCAL_OUT
 * @udp: the UDP header
 * @len: bytes there
 * @ds: the outer DS field; on success the inner one
 * @class: the innermost DSCP (0-63), filled in on success
 *
 * Return: 0, or -1 - reason; TUNQOS_REASON_CONTROL for a packet of its own.
 */
int tunqos_wireguard_inner(struct sk_buff *skb, const u8 *udp,
			   unsigned int len, u8 *ds, u8 *class)
{
	u32 hash = tunqos_hash_open(skb->hash, key);

	if (len < TUNQOS_UDP_BYTES + 1)
		return -1 - TUNQOS_REASON_TRUNCATED;
	if (udp[TUNQOS_UDP_BYTES] != DATA_TYPE ||
	    (udp[4] << 8 | udp[5]) <= TUNQOS_UDP_BYTES + DATA_HEAD + DATA_TAG)
		return -1 - TUNQOS_REASON_CONTROL;
	if (!skb->l4_hash || !tunqos_hash_is(hash, key))
		return -1 - TUNQOS_REASON_COMPANION_LOST;
	*class = tunqos_hash_class(hash);
	*ds = tunqos_hash_ds(hash, *ds);
	return 0;
}

/**
 * tunqos_wireguard_of() - the device that has a socket
 * @sk: which sends a UDP packet
 *
 * WireGuard's sockets have the device's private data as their user data. It is
 * only compared, with that of devices that are bound: no other socket can have
 * the same.
 *
 * Context: RCU read side.
 * Return: a wireguard device that is bound, or NULL.
 */
const struct tunqos_attachment *tunqos_wireguard_of(const struct sock *sk)
{
	const struct tunqos_attachment *attachment;
	const char *private;

	if (!sk_fullsock(sk))
		return NULL;
	private = rcu_dereference_sk_user_data(sk);
	if (!private)
		return NULL;
	attachment = tunqos_attachment_find((const struct net_device *)
		(private - (uintptr_t)netdev_priv(NULL)));
	return attachment && attachment->form == TUNQOS_FORM_WIREGUARD ?
	       attachment : NULL;
}

/* Bytes of UDP that carry an inner packet of @len bytes. */
static unsigned int udp_len(unsigned int len)
{
	return sizeof(struct udphdr) + DATA_HEAD + ALIGN(len, PADDING) +
	       DATA_TAG;
}

/*
 * An inner packet is padded, but not beyond the MTU of the device, so that
 * there are two lengths. Merged ones do not fit: the device merges none while
 * somebody looks here, and each would have had an outer header of its own.
 */
static bool fits(const u8 *inner, unsigned int udp)
{
	unsigned int len = ntohs(*(__be16 *)(inner + 2));
	unsigned int bare;

	if (inner[0] >> 4 == 6)
		len = ntohs(*(__be16 *)(inner + 4)) + sizeof(struct ipv6hdr);
	bare = sizeof(struct udphdr) + DATA_HEAD + len + DATA_TAG;
	return udp >= bare && udp <= udp_len(len);
}

/*
 * Memory is used again: what another packet left in front of one that somebody
 * redirected to the device looks right in every respect. But only WireGuard
 * says of a packet that all checksums on all levels have been verified.
 */
static bool is_decrypted(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_UNNECESSARY &&
	       skb->csum_level == SKB_MAX_CSUM_LEVEL;
}

/**
 * tunqos_wireguard_arrived() - the outer DS field of a decrypted packet
 * @skb: at ingress of a wireguard device
 * @ds: filled in on success
 *
 * In front of the inner packet: WireGuard's data header, UDP, and IPv4 without
 * options or IPv6. All of it must be consistent, lengths and IPv4's checksum.
 *
 * Return: was it there?
 */
bool tunqos_wireguard_arrived(const struct sk_buff *skb, u8 *ds)
{
	const u8 *inner = skb_network_header(skb);
	const u8 *data = inner - DATA_HEAD;
	const u8 *udp = data - sizeof(struct udphdr);
	const u8 *ip4 = udp - sizeof(struct iphdr);
	const u8 *ip6 = udp - sizeof(struct ipv6hdr);
	unsigned int len;

	if (!is_decrypted(skb) || skb_headlen(skb) < TUNQOS_IPV4_MIN ||
	    ip4 < skb->head)
		return false;
	if (data[0] != DATA_TYPE || data[1] || data[2] || data[3])
		return false;
	len = udp[4] << 8 | udp[5];
	if (!fits(inner, len))
		return false;

	if (ip4[0] == 0x45 && ip4[9] == IPPROTO_UDP &&
	    ntohs(*(__be16 *)(ip4 + 2)) == len + sizeof(struct iphdr) &&
	    !ip_fast_csum(ip4, 5)) {
		*ds = ip4[1];
		return true;
	}
	if (ip6 >= skb->head && ip6[0] >> 4 == 6 && ip6[6] == IPPROTO_UDP &&
	    ntohs(*(__be16 *)(ip6 + 4)) == len) {
		*ds = tunqos_ds_read(ip6);
		return true;
	}
	return false;
}
