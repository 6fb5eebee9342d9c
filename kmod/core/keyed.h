/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hashes of what bindings are found by. Whoever owns a namespace chooses
 * the keys in it, and anybody may own one, while all share the tables: so each
 * bit of a key goes through jhash with the namespace's salt as its initval, and
 * keys that share a bucket under one salt do not under another. Adding the salt
 * afterwards would not do: what is equal before is equal then.
 */
#ifndef TUNQOS_CORE_KEYED_H
#define TUNQOS_CORE_KEYED_H

#include "core.h"

#ifdef __KERNEL__
#include <linux/jhash.h>
#else
#include "kernel_jhash.h"	/* tests/unit/core: the same */
#endif

/* What a selector says of an SA; the higher bit is the more specific. */
#define TUNQOS_SELECT_LOCAL	0x01
#define TUNQOS_SELECT_PEER	0x02
#define TUNQOS_SELECT_MARK	0x04
#define TUNQOS_SELECT_REQID	0x08
#define TUNQOS_SELECT_IF_ID	0x10
#define TUNQOS_SELECT_SPI	0x20

#define TUNQOS_KEYED_NAME	4	/* words of a device's name */
#define TUNQOS_KEYED_ADDRESS	4	/* of an address, IPv4 in the first */

static inline u32 tunqos_keyed4(u32 address, u32 salt)
{
	return jhash_1word(address, salt);
}

static inline u32 tunqos_keyed_address(bool v6, const u32 *address, u32 salt)
{
	return v6 ? jhash2(address, TUNQOS_KEYED_ADDRESS, salt) :
		    tunqos_keyed4(address[0], salt);
}

/* @name: padded with NULs */
static inline u32 tunqos_keyed_name(const u32 *name, u32 salt)
{
	return jhash2(name, TUNQOS_KEYED_NAME, salt);
}

/**
 * tunqos_keyed_sa() - the hash of what a selector says
 * @fields: which of the following it says, TUNQOS_SELECT_*
 * @v6: family of the addresses
 * @peer: TUNQOS_KEYED_ADDRESS words
 * @local: the same
 * @mark: masked
 * @reqid: of the SA
 * @if_id: of the SA
 * @spi: of the SA, in whatever order
 * @salt: of the namespace
 *
 * With the peer alone, IPv4, it is tunqos_keyed4().
 */
static inline u32 tunqos_keyed_sa(u8 fields, bool v6, const u32 *peer,
				  const u32 *local, u32 mark, u32 reqid,
				  u32 if_id, u32 spi, u32 salt)
{
	u32 hash = salt;

	if (fields & TUNQOS_SELECT_PEER)
		hash = tunqos_keyed_address(v6, peer, hash);
	if (fields & TUNQOS_SELECT_LOCAL)
		hash = tunqos_keyed_address(v6, local, hash);
	if (!(fields & ~(TUNQOS_SELECT_PEER | TUNQOS_SELECT_LOCAL)))
		return hash;
	if (fields & (TUNQOS_SELECT_MARK | TUNQOS_SELECT_REQID |
		      TUNQOS_SELECT_IF_ID))
		hash = jhash_3words(fields & TUNQOS_SELECT_MARK ? mark : 0,
				    fields & TUNQOS_SELECT_REQID ? reqid : 0,
				    fields & TUNQOS_SELECT_IF_ID ? if_id : 0,
				    hash);
	if (fields & TUNQOS_SELECT_SPI)
		hash = jhash_1word(spi, hash);
	return hash;
}

#endif /* TUNQOS_CORE_KEYED_H */
