// SPDX-License-Identifier: GPL-2.0-or-later
//
// The problems of a configuration. A generated one may have the same mistake in each of its
// objects: the first are told, the others counted.
#pragma once

#include "tunqos/printable.hpp"
#include "tunqos/result.hpp"

namespace tunqos {

// What anybody reads at once.
inline constexpr std::size_t most_problems = 100;

// The first of `count` problems; the last line says how many more there are.
inline Problems with_count(Problems problems, std::size_t count) {
    if (problems.size() > most_problems) problems.resize(most_problems);
    if (count > problems.size())
        problems.push_back({"", "and " + std::to_string(count - problems.size()) +
                                    " more problems; mend these first"});
    return problems;
}

class ProblemList {
public:
    void add(Problem problem) {
        ++count_;
        if (first_.size() < most_problems) first_.push_back(printable(std::move(problem)));
    }
    // All that there were, also those that are not kept.
    std::size_t count() const { return count_; }
    Problems take() { return with_count(std::move(first_), count_); }

private:
    Problems first_;
    std::size_t count_ = 0;
};

} // namespace tunqos
