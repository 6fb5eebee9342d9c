// SPDX-License-Identifier: GPL-2.0-or-later
//
// kmod/core for C++.
#pragma once

extern "C" {
#include "companion.h"
#include "ds.h"
#include "ecn.h"
#include "hash.h"
#include "inner.h"
#include "keyed.h"
#include "table.h"
}
