/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's names of fixed-width types, for kmod/core outside the kernel. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
