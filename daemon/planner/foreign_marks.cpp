// SPDX-License-Identifier: GPL-2.0-or-later
#include "planner/foreign_marks.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "planner/ruleset.hpp"

namespace tunqos::planner {

namespace {

using nlohmann::json;

constexpr std::uint32_t all_bits = 0xffffffff;

std::string hex(std::uint32_t number) {
    return fmt::format("{:#x}", number);
}

// The member of an object; nullptr if it has none, or is no object.
const json* member(const json& value, const char* name) {
    if (!value.is_object()) return nullptr;
    const auto found = value.find(name);
    return found == value.end() ? nullptr : &*found;
}

bool is(const json* value, std::string_view text) {
    return value && value->is_string() && value->get_ref<const std::string&>() == text;
}

std::string text_of(const json* value) {
    return value && value->is_string() ? value->get<std::string>() : "?";
}

bool is_ct_mark(const json& value) {
    const json* const ct = member(value, "ct");
    return ct && is(member(*ct, "key"), "mark");
}

// What is known of each bit of an expression: that it is the same bit of the connection's mark,
// that it is this constant, or nothing.
struct Bits {
    std::uint32_t kept = 0, known = 0, value = 0;

    std::uint32_t zeros() const { return known & ~value; }
    std::uint32_t ones() const { return known & value; }
};

Bits bitwise_and(const Bits& a, const Bits& b) {
    const std::uint32_t kept = (a.kept & (b.kept | b.ones())) | (b.kept & a.ones());
    const std::uint32_t ones = a.ones() & b.ones();
    return {kept, ones | a.zeros() | b.zeros(), ones};
}

Bits bitwise_or(const Bits& a, const Bits& b) {
    const std::uint32_t kept = (a.kept & (b.kept | b.zeros())) | (b.kept & a.zeros());
    const std::uint32_t ones = a.ones() | b.ones();
    return {kept, ones | (a.zeros() & b.zeros()), ones};
}

Bits bitwise_xor(const Bits& a, const Bits& b) {
    const std::uint32_t kept = (a.kept & b.zeros()) | (b.kept & a.zeros());
    const std::uint32_t known = a.known & b.known;
    return {kept, known, known & (a.value ^ b.value)};
}

// A mark of our own is not deeper than this; a hostile one must not end the daemon.
constexpr int deepest = 32;

Bits bits_of(const json& value, int depth = 0) {
    if (value.is_number_integer())
        return {0, all_bits, static_cast<std::uint32_t>(value.get<std::int64_t>())};
    if (is_ct_mark(value)) return {all_bits, 0, 0};
    constexpr std::pair<const char*, Bits (*)(const Bits&, const Bits&)> operators[] = {
        {"&", bitwise_and}, {"|", bitwise_or}, {"^", bitwise_xor}};
    for (const auto& [name, combine] : operators) {
        const json* const sides = member(value, name);
        if (!sides || !sides->is_array() || sides->empty() || depth == deepest) continue;
        Bits bits = bits_of(sides->front(), depth + 1);
        for (auto side = sides->begin() + 1; side != sides->end(); ++side)
            bits = combine(bits, bits_of(*side, depth + 1));
        return bits;
    }
    return {};
}

// The value as nft has it, as far as it is short.
std::string in_words(const json& value, int depth = 0) {
    if (value.is_number_integer())
        return hex(static_cast<std::uint32_t>(value.get<std::int64_t>()));
    for (const char* const kind : {"ct", "meta"}) {
        if (const json* const key = member(value, kind); key && key->is_object())
            return std::string(kind) + ' ' + text_of(member(*key, "key"));
    }
    if (member(value, "map")) return "a map";
    for (const char* const name : {"&", "|", "^", "<<", ">>"}) {
        const json* const sides = member(value, name);
        if (!sides || !sides->is_array() || depth == deepest) continue;
        std::string text;
        for (const auto& side : *sides)
            text += (text.empty() ? "" : std::string(" ") + name + ' ') + in_words(side, depth + 1);
        return text;
    }
    return "...";
}

// What does the same to all other bits.
std::string instead(const json& value, std::uint32_t mask) {
    const Bits bits = bits_of(value);
    // Who writes a part of the mark does so on purpose, and may have been here first.
    const std::string or_else =
        bits.kept == 0 ? "" : ", or choose other bits with qos rules mark-mask";
    const std::string set = "ct mark set ct mark";
    if ((bits.kept | bits.known) != all_bits)
        return "use a rule for each value N that occurs, with " + set + " & " + hex(mask) + " | N" +
               or_else;
    const std::uint32_t keep = bits.kept | mask;
    const std::uint32_t ones = bits.ones() & ~mask;
    if (keep == all_bits && ones == 0) return "take it out" + or_else;
    const bool keeps_all_others = (keep | ones) == all_bits;
    return "use " + set + (keeps_all_others ? "" : " & " + hex(keep)) +
           (ones == 0 ? "" : " | " + hex(ones)) + or_else;
}

class Search {
public:
    explicit Search(std::uint32_t mask) : mask_(mask) {}

    void rule(const json& rule) {
        const json* const family = member(rule, "family");
        const json* const table = member(rule, "table");
        if (is(family, our_table_family) && is(table, our_table_name)) return;
        const json* const statements = member(rule, "expr");
        if (!statements || !statements->is_array()) return;
        const json* const handle = member(rule, "handle");
        const std::string place = "table " + text_of(family) + ' ' + text_of(table) + ", chain " +
                                  text_of(member(rule, "chain")) + ", handle " +
                                  (handle ? handle->dump() : "?");
        for (const auto& one : *statements)
            statement(one, place);
    }

    ForeignMarks found;

private:
    void statement(const json& statement, const std::string& place) {
        const json* const mangle = member(statement, "mangle");
        const json* const key = mangle ? member(*mangle, "key") : nullptr;
        const json* const value = mangle ? member(*mangle, "value") : nullptr;
        if (key && value && is_ct_mark(*key) && (bits_of(*value).kept & mask_) != mask_) {
            found.erasing.push_back({place,
                                     "ct mark set " + in_words(*value) +
                                         " erases the number of a rule, bits " + hex(mask_) +
                                         " of the mark",
                                     instead(*value, mask_)});
        }
        const json* const foreign = member(statement, "xt");
        if (foreign && is(member(*foreign, "name"), "CONNMARK")) {
            found.unreadable.push_back(
                {place, "CONNMARK of iptables cannot be read, and may erase the number of a rule",
                 "let it keep bits " + hex(mask_) +
                     " of the mark: --set-xmark VALUE/MASK, or --save-mark --nfmask MASK --ctmask "
                     "MASK, with a MASK that is without them"});
        }
    }

    std::uint32_t mask_;
};

} // namespace

Result<ForeignMarks> find_foreign_marks(std::string_view ruleset, std::uint32_t mask) {
    if (ruleset.empty()) return ForeignMarks();
    const json all = json::parse(ruleset, nullptr, false);
    const json* const list = member(all, "nftables");
    if (!list || !list->is_array())
        return tl::make_unexpected(
            Problems{{"nftables", "its ruleset cannot be read: it is no JSON of nft's"}});
    Search search(mask);
    for (const auto& one : *list) {
        if (const json* const rule = member(one, "rule")) search.rule(*rule);
    }
    return std::move(search.found);
}

} // namespace tunqos::planner
