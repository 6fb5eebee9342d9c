// SPDX-License-Identifier: GPL-2.0-or-later
//
// The subset of Catch2 that version 2 and version 3 have in common. Tests include this
// and nothing else of Catch2.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif
