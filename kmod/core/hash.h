/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What travels through WireGuard in skb->hash, the only field it keeps:
 *
 *  31..19 upper bits of the flow's hash
 *  18..13 check: a keyed hash of the rest
 *  12     the inner ECN is CE (WireGuard writes ECT(0) outside then)
 *  11..6  innermost DSCP
 *  5..0   inner DSCP, as it came
 *
 * A hash that is not ours passes the check once in 64 times. The whole is
 * mixed, reversibly, for queueing on the way may share out by any of its bits.
 */
#ifndef TUNQOS_CORE_HASH_H
#define TUNQOS_CORE_HASH_H

#include "core.h"
#include "ds.h"

#define TUNQOS_HASH_FLOW	0xfff80000u
#define TUNQOS_HASH_CE		0x00001000u
#define TUNQOS_HASH_CHECK_SHIFT	13

/* Their product is 1 modulo 2^32. */
#define TUNQOS_HASH_FACTOR	0x9e3779b1u
#define TUNQOS_HASH_INVERSE	0x0e8b2f51u

/* Six bits, from all the others and the key. */
static inline u32 tunqos_hash_check(u32 hash, u32 key)
{
	u32 word = (hash & ~(0x3fu << TUNQOS_HASH_CHECK_SHIFT)) ^ key;

	/* two rounds of multiply and fold: each bit reaches the upper ones */
	word = (word ^ word >> 15) * 0x2c1b3c6du;
	word = (word ^ word >> 12) * 0x297a2d39u;
	return word >> 26;
}

/* Not the key itself: that of the check would cancel it. */
static inline u32 tunqos_hash_pad(u32 key)
{
	return key << 13 | key >> 19;
}

static inline u32 tunqos_hash_mix(u32 word, u32 key)
{
	word = (word ^ tunqos_hash_pad(key)) * TUNQOS_HASH_FACTOR;
	return word ^ word >> 16;
}

/* Undoes tunqos_hash_mix(). */
static inline u32 tunqos_hash_open(u32 hash, u32 key)
{
	return (hash ^ hash >> 16) * TUNQOS_HASH_INVERSE ^
	       tunqos_hash_pad(key);
}

/* Mixed; tunqos_hash_open() makes it readable for the functions below. */
static inline u32 tunqos_hash_make(u32 flow, u8 ds, u8 innermost, u32 key)
{
	u32 hash = (flow & TUNQOS_HASH_FLOW) | (u32)(innermost & 0x3f) << 6 |
		   tunqos_ds_dscp(ds);

	if ((ds & TUNQOS_ECN_MASK) == TUNQOS_ECN_MASK)
		hash |= TUNQOS_HASH_CE;
	hash |= tunqos_hash_check(hash, key) << TUNQOS_HASH_CHECK_SHIFT;
	return tunqos_hash_mix(hash, key);
}

static inline bool tunqos_hash_is(u32 hash, u32 key)
{
	return (hash >> TUNQOS_HASH_CHECK_SHIFT & 0x3f) ==
	       tunqos_hash_check(hash, key);
}

static inline u8 tunqos_hash_class(u32 hash)
{
	return hash >> 6 & 0x3f;
}

/* The inner DS field; @ecn is what WireGuard wrote outside. */
static inline u8 tunqos_hash_ds(u32 hash, u8 ecn)
{
	if (hash & TUNQOS_HASH_CE)
		ecn = TUNQOS_ECN_MASK;
	return (u8)((hash & 0x3f) << 2 | (ecn & TUNQOS_ECN_MASK));
}

#endif /* TUNQOS_CORE_HASH_H */
