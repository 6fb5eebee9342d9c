// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files as texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tunqos/result.hpp"

namespace tunqos {

// "PATH: cannot open it: No such file or directory"; `error` is an errno.
tl::unexpected<Problems> file_problem(const std::string& path, const std::string& doing, int error);

// Nothing if there is no such file. At most 64 MiB, and only of a regular file.
Result<std::optional<std::string>> read_text(const std::string& path);
// False with errno.
bool write_all(int fd, std::string_view text);

} // namespace tunqos
