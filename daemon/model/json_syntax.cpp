// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parser keeps the last of two equal keys and says nothing; the half of a table-map
// that is lost this way is missed only on the wire. So count them while it reads.
#include "json_syntax.hpp"

#include <algorithm>
#include <set>

namespace tunqos {

namespace {

using nlohmann::json;

// Values are copied and printed by recursion; a hostile nesting must not reach that.
constexpr std::size_t max_depth = 32;
struct TooDeep {};

// Objects and arrays that are open while the parser reads, outermost first.
class DuplicateKeys {
public:
    void on_event(json::parse_event_t event, const json& parsed) {
        switch (event) {
        case json::parse_event_t::object_start:
        case json::parse_event_t::array_start:
            if (open_.size() == max_depth) throw TooDeep{};
            open_.emplace_back();
            break;
        case json::parse_event_t::object_end:
        case json::parse_event_t::array_end: open_.pop_back(); break;
        case json::parse_event_t::key: on_key(parsed.get_ref<const std::string&>()); break;
        case json::parse_event_t::value: break;
        }
    }
    Problems take() { return std::move(problems_); }

private:
    struct Level {
        std::set<std::string> keys;
        std::string current;
    };

    void on_key(const std::string& key) {
        Level& level = open_.back();
        level.current = key;
        if (!level.keys.insert(key).second) problems_.push_back({path(), "is there twice"});
    }

    std::string path() const {
        std::string text;
        for (const auto& level : open_) {
            if (!text.empty()) text += " / ";
            text += level.current;
        }
        return text;
    }

    std::vector<Level> open_;
    Problems problems_;
};

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
std::string reason(const json::parse_error& error) {
    const std::string_view text = error.what();
    const auto colon = text.find(": ");
    return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

} // namespace

Result<json> parse_json(std::string_view text) {
    DuplicateKeys duplicates;
    json value;
    try {
        value = json::parse(text.begin(), text.end(),
                            [&](int, json::parse_event_t event, json& parsed) {
                                duplicates.on_event(event, parsed);
                                return true;
                            });
    } catch (const json::parse_error& error) {
        return fail(position(text, error.byte), reason(error));
    } catch (const TooDeep&) {
        return fail("", "is nested deeper than " + std::to_string(max_depth) + " levels");
    } catch (const json::exception& error) { // a number that no type can hold
        return fail("", error.what());
    }
    auto problems = duplicates.take();
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    return value;
}

} // namespace tunqos
