// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace tunqos::kernel {

// That the module is not loaded, and what to type. What keeps it out is guessed from what can be
// read without looking for the module itself, which the daemon's unit hides: a kernel that takes
// signed modules only, headers that are missing. release: of the kernel, as in uname -r.
std::string module_advice(const std::filesystem::path& root, const std::string& release);

// The same, of this machine.
std::string module_advice();

} // namespace tunqos::kernel
