/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of 64 entries, as they come from user space. */
#ifndef TUNQOS_CORE_TABLE_H
#define TUNQOS_CORE_TABLE_H

#include "core.h"

/**
 * tunqos_table_bad() - the first entry that is out of range
 * @table: TUNQOS_TABLE_LEN bytes
 * @max: at most 126; TUNQOS_TABLE_LEAVE is allowed beyond it
 *
 * Eight entries at a time: ten thousand tunnels have a million entries.
 *
 * Return: its index, or -1.
 */
static inline int tunqos_table_bad(const u8 *table, u8 max)
{
	const u64 ones = 0x0101010101010101ULL;
	const u64 low = 0x7f * ones;
	const u64 room = (0x7e - max) * ones;
	u64 word, beyond = 0;
	int i;

	for (i = 0; i < TUNQOS_TABLE_LEN; i += 8) {
		__builtin_memcpy(&word, table + i, sizeof(word));
		/* 1 to each entry, so that TUNQOS_TABLE_LEAVE becomes 0 */
		word = ((word & low) + ones) ^ (word & ~low);
		beyond |= word | (word + room);
	}
	if (!(beyond & ~low))
		return -1;
	for (i = 0; i < TUNQOS_TABLE_LEN; i++) {
		if (table[i] > max && table[i] != TUNQOS_TABLE_LEAVE)
			return i;
	}
	return -1;
}

#endif /* TUNQOS_CORE_TABLE_H */
