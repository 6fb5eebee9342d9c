// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace tunqos::cli {

inline constexpr const char* version = TUNQOS_VERSION; // from the build

} // namespace tunqos::cli
