// SPDX-License-Identifier: GPL-2.0-or-later
//
// What else acts on marks: all that is watched, and what of it is there.
#include <fmt/format.h>

#include <algorithm>

#include "cli/render.hpp"

namespace tunqos::cli {
namespace {

std::string state_of(const WatchStatus::Entry& entry) {
    if (entry.state == "seen") return "seen";
    return entry.state == "unknown" ? "not known" : "not seen";
}

} // namespace

std::string render_watch(const WatchStatus& status) {
    const auto seen = std::count_if(status.entries.begin(), status.entries.end(),
                                    [](const auto& entry) { return entry.state == "seen"; });
    std::string text = fmt::format("What else acts on marks: {} of {} watched are there\n", seen,
                                   status.entries.size());
    for (const auto& problem : status.problems)
        text += fmt::format("  Not all could be looked at: {}\n", problem);
    for (const auto& entry : status.entries) {
        text +=
            fmt::format("{} is {}\n  Looked for at {}\n", entry.what, state_of(entry), entry.where);
        const char* const word = entry.level == "note" ? "Note" : "Warning";
        for (const auto& finding : entry.findings)
            text += fmt::format("  {} for {}: {}\n", word, finding.object, finding.text);
        if (entry.findings.empty()) text += fmt::format("  If it is there: {}\n", entry.remedy);
    }
    return text;
}

} // namespace tunqos::cli
