// SPDX-License-Identifier: GPL-2.0-or-later
//
// The library's own tree builder keeps the last of two equal keys and says nothing; the
// half of a table-map that is lost this way is missed only on the wire. This one sees them
// where it puts them into their object.
#include "json_syntax.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "tunqos/problem_list.hpp"

namespace tunqos {

namespace {

using nlohmann::json;

// Values are copied and printed by recursion; a hostile nesting must not reach that.
constexpr std::size_t max_depth = 32;

// Position of a byte, counted from 1 as editors do.
std::string position(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto newline = before.rfind('\n');
    const auto column =
        newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while
// ... - unexpected '}'; expected ..." without what position() says already.
std::string reason(const json::exception& error) {
    const std::string_view text = error.what();
    const auto colon = text.find(": ");
    return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

// Builds the value from what the parser sees, one call a token. False ends the parsing.
class Builder {
public:
    Builder(std::string_view text, json& root) : text_(text), root_(root) {}

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(json::number_integer_t value) { return put(value); }
    bool number_unsigned(json::number_unsigned_t value) { return put(value); }
    bool number_float(json::number_float_t value, const std::string&) { return put(value); }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(json::binary_t& value) { return put(std::move(value)); }

    bool start_object(std::size_t) { return open(json::value_t::object); }
    bool key(std::string& key) {
        auto [at, added] =
            open_.back().value->get_ref<json::object_t&>().try_emplace(std::move(key));
        open_.back().key = &at->first;
        slot_ = &at->second;
        if (!added) problems_.add({path(), "is there twice"});
        return true;
    }
    bool end_object() { return close(); }
    bool start_array(std::size_t) { return open(json::value_t::array); }
    bool end_array() { return close(); }

    bool parse_error(std::size_t byte, const std::string&, const json::exception& error) {
        // Any other kind is a number that no type can hold.
        if (dynamic_cast<const json::parse_error*>(&error))
            fails({position(text_, byte), reason(error)});
        else
            fails({"", error.what()});
        return false;
    }

    Problems take() { return problems_.take(); }

private:
    // Objects and arrays that are open, outermost first.
    struct Level {
        json* value;
        const std::string* key; // the one being read; none in an array
    };

    // Nothing else matters then.
    void fails(Problem problem) {
        problems_ = {};
        problems_.add(std::move(problem));
    }

    template <typename Value>
    bool put(Value&& value) {
        place() = std::forward<Value>(value);
        return true;
    }

    // Where the next value goes.
    json& place() {
        if (open_.empty()) return root_;
        if (open_.back().key) return *slot_;
        return open_.back().value->get_ref<json::array_t&>().emplace_back();
    }

    bool open(json::value_t type) {
        if (open_.size() == max_depth) {
            fails({"", "is nested deeper than " + std::to_string(max_depth) + " levels"});
            return false;
        }
        json& value = place();
        value = type;
        open_.push_back({&value, nullptr});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    std::string path() const {
        std::string text;
        for (const auto& level : open_) {
            if (!text.empty()) text += " / ";
            if (level.key) text += *level.key;
        }
        return text;
    }

    std::string_view text_;
    json& root_;
    json* slot_ = nullptr; // the value of the key that was read last
    std::vector<Level> open_;
    ProblemList problems_;
};

// Is this byte the same within quotes?
constexpr auto as_it_is = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = ' '; c < 0x7f; ++c)
        table[c] = c != '"' && c != '\\';
    return table;
}();

class Writer {
public:
    std::string line;

    void write(const json& value) {
        switch (value.type()) {
        case json::value_t::object: object(value); break;
        case json::value_t::array: array(value); break;
        case json::value_t::string: text(value.get_ref<const std::string&>()); break;
        case json::value_t::number_unsigned: number(value.get<std::uint64_t>()); break;
        case json::value_t::number_integer: number(value.get<std::int64_t>()); break;
        default: line += value.dump(); break;
        }
    }

private:
    void object(const json& value) {
        char before = '{';
        for (const auto& [key, member] : value.get_ref<const json::object_t&>()) {
            line += before;
            text(key);
            line += ':';
            write(member);
            before = ',';
        }
        line += before == '{' ? "{}" : "}";
    }

    void array(const json& value) {
        char before = '[';
        for (const auto& element : value) {
            line += before;
            write(element);
            before = ',';
        }
        line += before == '[' ? "[]" : "]";
    }

    void text(const std::string& bytes) {
        if (!std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) { return as_it_is[c]; })) {
            line += json(bytes).dump(-1, ' ', false, json::error_handler_t::replace);
            return;
        }
        line += '"';
        line += bytes;
        line += '"';
    }

    template <typename Number>
    void number(Number value) {
        std::array<char, 24> digits{};
        const auto written = std::to_chars(digits.begin(), digits.end(), value);
        line.append(digits.begin(), written.ptr);
    }
};

} // namespace

std::string to_line(const json& value) {
    Writer writer;
    writer.write(value);
    return std::move(writer.line);
}

Result<json> parse_json(std::string_view text) {
    // The library takes it for the end of the text, and does not look at what follows.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail(position(text, zero + 1), "there is a byte 0, which is no JSON; take it out");
    json value;
    Builder builder(text, value);
    json::sax_parse(text.begin(), text.end(), &builder);
    auto problems = builder.take();
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    return value;
}

} // namespace tunqos
