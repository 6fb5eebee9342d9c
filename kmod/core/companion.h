/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The companion: the 16 bits that travel with a packet in skb->tc_index.
 *
 *  15..12 kind   11..6 x                 5..0 class
 *  0-5  foreign: never read
 *  6    NOTE     tag of the namespace    5 had a tag, 3..0 its PCP and DEI
 *  7    DONE     tag of the namespace    innermost DSCP; outer is written
 *  8    QUEUE    tag of the namespace    DSCP to queue by
 *  9    ARRIVED  bits 11..4 = DS field as arrived, 3..0 = tag of this load
 *  A    HIDDEN   bits 11..0 = number of the tunnel device, for a VRF hides it;
 *                number 0: handled already
 *  B    PENDING  outer DSCP to write     innermost DSCP
 *  C-F  PENDING  the same, and write outer ECN = kind - C
 *
 * Kinds begin at 6 so that ordinary tc class minors are never taken for ours.
 * The bits carry no proof of origin: each reader knows by provenance (which
 * hook wrote it, and whether the packet can have come from elsewhere) whether
 * it may believe them.
 */
#ifndef TUNQOS_CORE_COMPANION_H
#define TUNQOS_CORE_COMPANION_H

#include "core.h"

enum tunqos_companion_kind {
	TUNQOS_KIND_NOTE	= 0x6,
	TUNQOS_KIND_DONE	= 0x7,
	TUNQOS_KIND_QUEUE	= 0x8,
	TUNQOS_KIND_ARRIVED	= 0x9,
	TUNQOS_KIND_HIDDEN	= 0xa,
	TUNQOS_KIND_PENDING	= 0xb,
	TUNQOS_KIND_PENDING_ECN	= 0xc,	/* and 0xd to 0xf */
};

/* Numbers of HIDDEN companions go from 1 to this; the one with 0. */
#define TUNQOS_HIDDEN_MAX	0xfff
#define TUNQOS_HIDDEN_SEEN	(TUNQOS_KIND_HIDDEN << 12)

/* The lowest companion that says a class or a mark; the lowest PENDING one. */
#define TUNQOS_COMPANION_MIN	(TUNQOS_KIND_DONE << 12)
#define TUNQOS_PENDING_MIN	(TUNQOS_KIND_PENDING << 12)

static inline u16 tunqos_companion_make(enum tunqos_companion_kind kind, u8 x,
					u8 dscp)
{
	return (u16)(kind << 12 | (x & 0x3f) << 6 | (dscp & 0x3f));
}

static inline u8 tunqos_companion_kind(u16 companion)
{
	return companion >> 12;
}

/* Bits 11..6: a tag, or the outer DSCP of a PENDING one. */
static inline u8 tunqos_companion_x(u16 companion)
{
	return companion >> 6 & 0x3f;
}

static inline u8 tunqos_companion_class(u16 companion)
{
	return companion & 0x3f;
}

/* Is it of this kind and of the namespace with this tag (0-63)? */
static inline bool tunqos_companion_is(u16 companion,
				       enum tunqos_companion_kind kind, u8 tag)
{
	return companion >> 6 == (kind << 6 | tag);
}

/* A PENDING one that has the outer ECN (0-3) written as well. */
static inline u16 tunqos_pending_make_ecn(u8 outer, u8 dscp, u8 ecn)
{
	return (u16)(TUNQOS_KIND_PENDING_ECN << 12 | (ecn & 3) << 12 |
		     (outer & 0x3f) << 6 | (dscp & 0x3f));
}

/* Of a PENDING one: which bits of the DS field it says, 0xfc or 0xff. */
static inline u8 tunqos_pending_mask(u16 companion)
{
	return companion >> 12 == TUNQOS_KIND_PENDING ? 0xfc : 0xff;
}

/* Of a PENDING one: the DS field to write, as far as the mask goes. */
static inline u8 tunqos_pending_ds(u16 companion)
{
	return (companion >> 4 & 0xfc) | (companion >> 12 & 3);
}

#define TUNQOS_NOTE_TAGGED	0x20

/* What a frame arrived with: PCP * 2 + DEI (0-15), if it had a tag. */
static inline u16 tunqos_note_make(u8 tag, bool tagged, u8 bits)
{
	return tunqos_companion_make(TUNQOS_KIND_NOTE, tag,
				     tagged ? TUNQOS_NOTE_TAGGED | bits : 0);
}

static inline bool tunqos_note_is_tagged(u16 companion)
{
	return companion & TUNQOS_NOTE_TAGGED;
}

static inline u8 tunqos_note_bits(u16 companion)
{
	return companion & 0xf;
}

static inline u16 tunqos_hidden_make(u16 number)
{
	return (u16)(TUNQOS_KIND_HIDDEN << 12 |
		     (number & TUNQOS_HIDDEN_MAX));
}

static inline u16 tunqos_hidden_number(u16 companion)
{
	return companion & TUNQOS_HIDDEN_MAX;
}

static inline u16 tunqos_arrived_make(u8 ds, u8 tag)
{
	return (u16)(TUNQOS_KIND_ARRIVED << 12 | ds << 4 | (tag & 0xf));
}

static inline bool tunqos_arrived_is(u16 companion, u8 tag)
{
	return (companion & 0xf00f) ==
	       (TUNQOS_KIND_ARRIVED << 12 | (tag & 0xf));
}

static inline u8 tunqos_arrived_ds(u16 companion)
{
	return companion >> 4 & 0xff;
}

#endif /* TUNQOS_CORE_COMPANION_H */
