// SPDX-License-Identifier: GPL-2.0-only
/* What a tunnel profile is bound to, over netlink. */

#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "core/keyed.h"
#include "path/selector.h"
#include "config/key.h"
#include "netlink/key.h"

static int bad(struct genl_info *info, int attr, const char *message)
{
	struct netlink_ext_ack *extack = info->extack;

	if (extack) {
		extack->_msg = message;
		NL_SET_BAD_ATTR(extack, info->attrs[attr]);
	}
	return -EINVAL;
}

/* An address, of either family. @what: a bit of a selector's fields */
static int read_address(struct genl_info *info, int attr4, int attr6,
			struct tunqos_selector *sa, xfrm_address_t *address,
			u16 what)
{
	struct nlattr *v4 = info->attrs[attr4];
	struct nlattr *v6 = info->attrs[attr6];
	u16 family = v4 ? AF_INET : AF_INET6;

	if (!v4 && !v6)
		return 0;
	if (v4 && v6)
		return bad(info, attr6,
			   "say an ipv4 or an ipv6 address, not both");
	if (sa->family && sa->family != family)
		return bad(info, v4 ? attr4 : attr6,
			   "peer and local address are of different families");
	if (v4)
		address->a4 = nla_get_in_addr(v4);
	else
		address->in6 = nla_get_in6_addr(v6);
	if (xfrm_addr_any(address, family))
		return bad(info, v4 ? attr4 : attr6,
			   v4 ? "the address cannot be 0.0.0.0" :
				"the address cannot be ::");
	sa->family = family;
	sa->fields |= what;
	return 0;
}

/* A number that is not 0. @what: as above */
static int read_number(struct genl_info *info, int attr, u32 *number,
		       struct tunqos_selector *sa, u16 what,
		       const char *message)
{
	if (!info->attrs[attr])
		return 0;
	*number = nla_get_u32(info->attrs[attr]);
	if (!*number)
		return bad(info, attr, message);
	sa->fields |= what;
	return 0;
}

static int read_mark(struct genl_info *info, struct tunqos_selector *sa)
{
	struct nlattr *mark = info->attrs[TUNQOS_A_TUNNEL_MARK];
	struct nlattr *mask = info->attrs[TUNQOS_A_TUNNEL_MARK_MASK];

	if (!mark && !mask)
		return 0;
	if (!mark)
		return bad(info, TUNQOS_A_TUNNEL_MARK_MASK,
			   "mark-mask needs mark");
	sa->mark = nla_get_u32(mark);
	sa->mark_mask = mask ? nla_get_u32(mask) : U32_MAX;
	if (!sa->mark_mask)
		return bad(info, TUNQOS_A_TUNNEL_MARK_MASK,
			   "the mark's mask cannot be 0");
	if (sa->mark & ~sa->mark_mask)
		return bad(info, TUNQOS_A_TUNNEL_MARK,
			   "the mark has bits that its mask has not");
	sa->fields |= TUNQOS_SELECT_MARK;
	return 0;
}

static int read_selector(struct genl_info *info, struct tunqos_selector *sa)
{
	u32 spi = 0;
	int err;

	err = read_address(info, TUNQOS_A_TUNNEL_PEER4, TUNQOS_A_TUNNEL_PEER6,
			   sa, &sa->peer, TUNQOS_SELECT_PEER);
	if (!err)
		err = read_address(info, TUNQOS_A_TUNNEL_LOCAL4,
				   TUNQOS_A_TUNNEL_LOCAL6, sa, &sa->local,
				   TUNQOS_SELECT_LOCAL);
	if (!err)
		err = read_mark(info, sa);
	if (!err)
		err = read_number(info, TUNQOS_A_TUNNEL_REQID, &sa->reqid, sa,
				  TUNQOS_SELECT_REQID, "the reqid cannot be 0");
	if (!err)
		err = read_number(info, TUNQOS_A_TUNNEL_IF_ID, &sa->if_id, sa,
				  TUNQOS_SELECT_IF_ID, "the if-id cannot be 0");
	if (!err)
		err = read_number(info, TUNQOS_A_TUNNEL_SPI, &spi, sa,
				  TUNQOS_SELECT_SPI, "the spi cannot be 0");
	sa->spi = (__force __be32)spi;
	return err;
}

/* Does a request say anything of an SA? */
static bool says_sa(const struct genl_info *info)
{
	int attr;

	for (attr = TUNQOS_A_TUNNEL_PEER4; attr <= TUNQOS_A_TUNNEL_SPI;
	     attr++) {
		if (info->attrs[attr])
			return true;
	}
	return false;
}

/**
 * tunqos_tunnel_key() - the binding that a request names
 * @info: the request
 * @key: all zero; filled in on success
 *
 * Return: 0 or -EINVAL.
 */
int tunqos_tunnel_key(struct genl_info *info, struct tunqos_key *key)
{
	struct nlattr *device = info->attrs[TUNQOS_A_TUNNEL_DEVICE];

	if (!!device == says_sa(info)) {
		GENL_SET_ERR_MSG(info,
				 "name the binding by a device or by what its sas have, by one of these");
		return -EINVAL;
	}
	if (!device) {
		key->type = TUNQOS_BIND_IPSEC;
		return read_selector(info, &key->sa);
	}
	key->type = TUNQOS_BIND_DEVICE;
	/* It ends where the policy says, at the latest. */
	strscpy(key->name, nla_data(device), sizeof(key->name));
	if (dev_valid_name(key->name))
		return 0;
	return bad(info, TUNQOS_A_TUNNEL_DEVICE,
		   "not a name that a device can have");
}

static int fill_address(struct sk_buff *skb, int attr4, int attr6, u16 family,
			const xfrm_address_t *address)
{
	if (family == AF_INET)
		return nla_put_in_addr(skb, attr4, address->a4);
	return nla_put_in6_addr(skb, attr6, &address->in6);
}

static int fill_selector(struct sk_buff *skb, const struct tunqos_selector *sa)
{
	if (sa->fields & TUNQOS_SELECT_PEER &&
	    fill_address(skb, TUNQOS_A_TUNNEL_PEER4, TUNQOS_A_TUNNEL_PEER6,
			 sa->family, &sa->peer))
		return -EMSGSIZE;
	if (sa->fields & TUNQOS_SELECT_LOCAL &&
	    fill_address(skb, TUNQOS_A_TUNNEL_LOCAL4, TUNQOS_A_TUNNEL_LOCAL6,
			 sa->family, &sa->local))
		return -EMSGSIZE;
	if (sa->fields & TUNQOS_SELECT_REQID &&
	    nla_put_u32(skb, TUNQOS_A_TUNNEL_REQID, sa->reqid))
		return -EMSGSIZE;
	if (sa->fields & TUNQOS_SELECT_IF_ID &&
	    nla_put_u32(skb, TUNQOS_A_TUNNEL_IF_ID, sa->if_id))
		return -EMSGSIZE;
	if (sa->fields & TUNQOS_SELECT_MARK &&
	    (nla_put_u32(skb, TUNQOS_A_TUNNEL_MARK, sa->mark) ||
	     nla_put_u32(skb, TUNQOS_A_TUNNEL_MARK_MASK, sa->mark_mask)))
		return -EMSGSIZE;
	if (sa->fields & TUNQOS_SELECT_SPI &&
	    nla_put_be32(skb, TUNQOS_A_TUNNEL_SPI, sa->spi))
		return -EMSGSIZE;
	return 0;
}

/* The same in an answer. Return: 0 or -EMSGSIZE. */
int tunqos_fill_key(struct sk_buff *skb, const struct tunqos_key *key)
{
	if (key->type == TUNQOS_BIND_IPSEC)
		return fill_selector(skb, &key->sa);
	return nla_put_string(skb, TUNQOS_A_TUNNEL_DEVICE, key->name);
}
