/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DS field (0-255) of IPv4 and IPv6 headers, and its upper six bits, the
 * DSCP (0-63; RFC 2474 section 3). The lower two bits are ECN and stay as they
 * are in every function here.
 */
#ifndef TUNQOS_CORE_DS_H
#define TUNQOS_CORE_DS_H

#include "core.h"

#define TUNQOS_DSCP_COUNT	64
#define TUNQOS_ECN_MASK		0x03
#define TUNQOS_DSCP_MASK	0xfc

/* Bytes that must be there before ds_read() and ds_write() may look. */
#define TUNQOS_IPV4_MIN		20
#define TUNQOS_IPV6_MIN		40

static inline u8 tunqos_ds_dscp(u8 ds)
{
	return ds >> 2;
}

static inline u8 tunqos_ds_with_dscp(u8 ds, u8 dscp)
{
	return (u8)(dscp << 2) | (ds & TUNQOS_ECN_MASK);
}

/**
 * tunqos_ip_version() - which IP header begins here
 * @header: first byte of the header
 *
 * Return: 4, 6, or 0 if it is neither (IPv4: also if the header length field
 * is below the minimum of 5 words).
 */
static inline int tunqos_ip_version(const u8 *header)
{
	switch (header[0] >> 4) {
	case 4:
		return (header[0] & 0x0f) >= 5 ? 4 : 0;
	case 6:
		return 6;
	}
	return 0;
}

/**
 * tunqos_ds_read() - the DS field of an IP header
 * @header: the first two bytes of a header that tunqos_ip_version() accepts
 */
static inline u8 tunqos_ds_read(const u8 *header)
{
	if (header[0] >> 4 == 4)
		return header[1];
	return (u8)(header[0] << 4) | header[1] >> 4;
}

/**
 * tunqos_ds_put4() - write the DS field of an IPv4 header
 * @header: at least TUNQOS_IPV4_MIN bytes, writable
 * @ds: 0-255
 *
 * The header checksum is adjusted incrementally (RFC 1624, equation 3), so a
 * header that was damaged before stays recognisable as damaged.
 */
static inline void tunqos_ds_put4(u8 *header, u8 ds)
{
	u32 sum = (u16)~(header[10] << 8 | header[11]);
	u16 check;

	/*
	 * ~m + m' of the only word that changes. Its upper byte, version and
	 * length, does not, and drops out.
	 */
	sum += 0xffff - header[1] + ds;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	check = ~sum;

	header[1] = ds;
	header[10] = check >> 8;
	header[11] = check & 0xff;
}

/* tunqos_ds_write4() - write its DSCP (0-63); ECN stays */
static inline void tunqos_ds_write4(u8 *header, u8 dscp)
{
	tunqos_ds_put4(header, tunqos_ds_with_dscp(header[1], dscp));
}

/**
 * tunqos_ds_put6() - write the DS field of an IPv6 header
 * @header: at least two bytes, writable
 * @ds: 0-255
 *
 * Version and flow label stay.
 */
static inline void tunqos_ds_put6(u8 *header, u8 ds)
{
	header[0] = (u8)((header[0] & 0xf0) | ds >> 4);
	header[1] = (u8)(ds << 4 | (header[1] & 0x0f));
}

/* tunqos_ds_write6() - write its DSCP (0-63); ECN stays */
static inline void tunqos_ds_write6(u8 *header, u8 dscp)
{
	tunqos_ds_put6(header, tunqos_ds_with_dscp(tunqos_ds_read(header),
						   dscp));
}

#endif /* TUNQOS_CORE_DS_H */
