// SPDX-License-Identifier: GPL-2.0-only
/* Writes the DSCP into an IP header; see ds.h. */

#include "ds.h"

/**
 * tunqos_ds_write4() - write the DSCP of an IPv4 header
 * @header: at least TUNQOS_IPV4_MIN bytes, writable
 * @dscp: 0-63
 *
 * The header checksum is adjusted incrementally (RFC 1624, equation 3), so a
 * header that was damaged before stays recognisable as damaged.
 */
void tunqos_ds_write4(u8 *header, u8 dscp)
{
	u8 ds = tunqos_ds_with_dscp(header[1], dscp);
	u32 sum = (u16)~(header[10] << 8 | header[11]);

	/* ~m + m' of the only word that changes: version, length, DS field */
	sum += (u16)~(header[0] << 8 | header[1]);
	sum += header[0] << 8 | ds;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);

	header[1] = ds;
	header[10] = (u8)(~sum >> 8);
	header[11] = (u8)~sum;
}

/**
 * tunqos_ds_write6() - write the DSCP of an IPv6 header
 * @header: at least two bytes, writable
 * @dscp: 0-63
 *
 * Version, ECN and flow label stay.
 */
void tunqos_ds_write6(u8 *header, u8 dscp)
{
	u8 ds = tunqos_ds_with_dscp(tunqos_ds_read(header), dscp);

	header[0] = (u8)((header[0] & 0xf0) | ds >> 4);
	header[1] = (u8)(ds << 4 | (header[1] & 0x0f));
}
