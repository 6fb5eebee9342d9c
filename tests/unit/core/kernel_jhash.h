/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's jhash of words, Bob Jenkins's lookup3, for kmod/core outside the
 * kernel. test_keyed.cpp has the values that linux/jhash.h gives.
 */
#pragma once

#include "kernel_types.h"

static inline u32 jhash_rol(u32 word, unsigned n)
{
	return word << n | word >> (32 - n);
}

static inline u32 jhash_final(u32 a, u32 b, u32 c)
{
	c ^= b;
	c -= jhash_rol(b, 14);
	a ^= c;
	a -= jhash_rol(c, 11);
	b ^= a;
	b -= jhash_rol(a, 25);
	c ^= b;
	c -= jhash_rol(b, 16);
	a ^= c;
	a -= jhash_rol(c, 4);
	b ^= a;
	b -= jhash_rol(a, 14);
	c ^= b;
	c -= jhash_rol(b, 24);
	return c;
}

static inline u32 jhash2(const u32 *k, u32 length, u32 initval)
{
	u32 a, b, c;

	a = b = c = 0xdeadbeef + (length << 2) + initval;
	for (; length > 3; length -= 3, k += 3) {
		a += k[0];
		b += k[1];
		c += k[2];
		a -= c;
		a ^= jhash_rol(c, 4);
		c += b;
		b -= a;
		b ^= jhash_rol(a, 6);
		a += c;
		c -= b;
		c ^= jhash_rol(b, 8);
		b += a;
		a -= c;
		a ^= jhash_rol(c, 16);
		c += b;
		b -= a;
		b ^= jhash_rol(a, 19);
		a += c;
		c -= b;
		c ^= jhash_rol(b, 4);
		b += a;
	}
	if (!length)
		return c;
	a += k[0];
	b += length > 1 ? k[1] : 0;
	c += length > 2 ? k[2] : 0;
	return jhash_final(a, b, c);
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	initval += 0xdeadbeef + (3 << 2);
	return jhash_final(a + initval, b + initval, c + initval);
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	initval += 0xdeadbeef + (1 << 2);
	return jhash_final(a + initval, initval, initval);
}
