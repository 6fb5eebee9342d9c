// SPDX-License-Identifier: GPL-2.0-only
/* Follows tunnels in tunnels; see inner.h. */

#include "inner.h"

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
