// SPDX-License-Identifier: GPL-2.0-or-later
//
// The running configuration in a file beside the socket, so that it outlives the daemon: names and
// descriptions cannot be read back from the module. A change of one tunnel among thousands
// costs one line: the file is the configuration, and then each change of it.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "fd.hpp"
#include "tunqos/config.hpp"
#include "tunqos/result.hpp"

namespace tunqos {

// This boot of the machine and this network namespace, whose inode may be another one's later.
// Empty if it cannot be told: then nothing is kept.
std::string current_era();

class RunningFile {
public:
    RunningFile() = default; // keeps nothing
    RunningFile(std::string path, std::string era) : path_(std::move(path)), era_(std::move(era)) {}

    // Nothing if there is none, or one of another era. A change that was being written when
    // the daemon died is not part of it: nobody has been told that it was made.
    Result<std::optional<Config>> load() const;
    // The file becomes this as a whole.
    Result<void> write(const Config& config);
    // `config` is what it has been, and `change` on top of it. In the file when it returns,
    // whatever happens to the process then. On a failure the file is gone: one that is older than
    // what runs is worse than none. The next call makes it again.
    Result<void> keep(const Config& config, const nlohmann::json& change);
    bool written() const { return fd_.get() >= 0 || path_.empty(); }

private:
    tl::unexpected<Problems> lost(const std::string& doing);

    std::string path_, era_;
    Fd fd_;                                // what was written last, to be continued
    std::size_t whole_ = 0, appended_ = 0; // bytes
};

} // namespace tunqos
