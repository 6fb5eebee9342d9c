// SPDX-License-Identifier: GPL-2.0-only
/* Tunnel devices by their address; config/attachment.c fills the table. */

#include "path/attachment.h"

struct hlist_head tunqos_devices[1 << TUNQOS_DEVICE_BITS];
