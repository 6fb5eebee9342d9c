// SPDX-License-Identifier: GPL-2.0-or-later
//
// The variable types of the command grammar: what a DSCP, a TABLE-MAP or an INTERFACE is, how
// `?` shows it, what tab completes and what is said about a bad value. No I/O: live names come
// from a Names object that the caller brings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tunqos::cli {

// A word and what it means: one line of a `?` list.
struct HelpLine {
    std::string word;
    std::string help;

    bool operator==(const HelpLine&) const = default;
};

// Names that exist now: from the running configuration and from the network namespace.
class Names {
public:
    virtual ~Names() = default;
    virtual std::vector<std::string> interfaces() const { return {}; }
    virtual std::vector<std::string> table_maps() const { return {}; }
    virtual std::vector<std::string> crypto_maps() const { return {}; }
    virtual std::vector<std::string> mutations() const { return {}; }
    virtual std::vector<std::string> zones() const { return {}; }
    virtual std::vector<std::string> rules() const { return {}; } // their numbers
    // What `show tunnel` knows: interfaces with a tunnel and crypto maps.
    virtual std::vector<std::string> tunnels() const { return {}; }
};

struct VariableType {
    std::string_view name;  // in grammar strings: "DSCP"
    std::string_view shown; // in `?` lists: "<0-63>"
    // Why the text is not such a value; empty: it is one.
    std::string (*problem)(std::string_view text);
    // Values to offer for help and completion; may be nullptr.
    std::vector<HelpLine> (*values)(const Names& names) = nullptr;
    bool rest_of_line = false; // takes everything up to the end, spaces too
};

// All types, in the order of the man page.
std::span<const VariableType> variable_types();
const VariableType* find_type(std::string_view name);

// A decimal number without sign; nothing if it is none or out of range.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t low,
                                          std::uint32_t high);

} // namespace tunqos::cli
