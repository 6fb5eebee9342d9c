/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of 64 entries, as they come from user space. */
#ifndef TUNQOS_CORE_TABLE_H
#define TUNQOS_CORE_TABLE_H

#include "core.h"

/* The highest bit of each byte that is not 0. */
static inline u64 tunqos_bytes_nonzero(u64 word)
{
	const u64 low = 0x7f7f7f7f7f7f7f7fULL;

	return (((word & low) + low) | word) & ~low;
}

/**
 * tunqos_table_bad() - the first entry that is out of range
 * @table: TUNQOS_TABLE_LEN bytes
 * @max: a power of two - 1; TUNQOS_TABLE_LEAVE is allowed beyond it
 *
 * Eight entries at a time: ten thousand tunnels have a million entries.
 *
 * Return: its index, or -1.
 */
static inline int tunqos_table_bad(const u8 *table, u8 max)
{
	const u64 beyond = 0x0101010101010101ULL * (u8)~max;
	int i, j;

	for (i = 0; i < TUNQOS_TABLE_LEN; i += 8) {
		u64 word;

		__builtin_memcpy(&word, table + i, sizeof(word));
		if (!(tunqos_bytes_nonzero(word & beyond) &
		      tunqos_bytes_nonzero(~word)))
			continue;
		for (j = i; j < i + 7; j++) {
			if (table[j] > max && table[j] != TUNQOS_TABLE_LEAVE)
				break;
		}
		return j;
	}
	return -1;
}

#endif /* TUNQOS_CORE_TABLE_H */
