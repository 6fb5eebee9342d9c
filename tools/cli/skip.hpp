// SPDX-License-Identifier: GPL-2.0-or-later
//
// A block of a pasted configuration whose first line was refused: which lines are its own. They
// are counted and done nowhere, least of all in the block that was open before.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/grammar/grammar.hpp"

namespace tunqos::cli {

std::size_t indentation(std::string_view line);

class SkippedBlock {
public:
    // `opener` is the line that was refused. Of a text it is all that there is of the block.
    explicit SkippedBlock(std::string_view opener);

    enum class Verdict {
        skip,     // a line of the block; counted
        doubtful, // the same, but it could have been meant for configuration mode
        run,      // a `do` command: run it and stay
        close,    // its `exit`, or the end of a text: the block ends with it
        end,      // `end`: as everywhere
        next,     // not of the block: it ends before the line
    };
    Verdict judge(const Grammar& grammar, std::string_view line);
    // In a text that goes on up to this, whatever its lines are.
    const std::optional<std::string>& mark() const { return mark_; }
    // "3 lines skipped"; empty if it was none
    std::string summary() const;

private:
    bool begins_another(bool is_ours, std::string_view line) const;

    std::string opener_;
    std::optional<std::string> mark_;
    bool is_text_; // and nothing else
    std::size_t count_ = 0;
    bool indented_ = false; // a line of it was
    unsigned depth_ = 0;    // of blocks in it that an `exit` leaves
};

} // namespace tunqos::cli
