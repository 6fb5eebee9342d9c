// SPDX-License-Identifier: GPL-2.0-or-later
//
// The startup configuration on disk.
#pragma once

#include <optional>
#include <string>

#include "tunqos/model.hpp"
#include "tunqos/result.hpp"

namespace tunqos {

class ConfigFile {
public:
    explicit ConfigFile(std::string path) : path_(std::move(path)) {}

    // Nothing if there is no such file. The configuration is valid: problems of syntax,
    // form and meaning are all found here.
    Result<std::optional<Config>> load() const;
    // All or nothing, also through a loss of power: a new file takes the old one's place.
    // A symbolic link stays, its target changes; mode and owner stay (new: 0640).
    Result<void> save(const Config& config) const;
    // Names the file FILE.bad as well, so that save() loses nothing.
    Result<void> set_aside() const;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace tunqos
