// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/draft.hpp"

#include "tunqos/json.hpp"
#include "tunqos/rpc.hpp"

namespace tunqos::cli {
namespace {

using nlohmann::json;

CallError refused(Problems problems) {
    return {CallError::Kind::refused, rpc::invalid_config, "refused", std::move(problems)};
}

std::vector<std::string> texts(const json& result, const char* key) {
    std::vector<std::string> all;
    if (!result.contains(key) || !result[key].is_array()) return all;
    for (const json& text : result[key]) {
        if (text.is_string()) all.push_back(text.get<std::string>());
    }
    return all;
}

} // namespace

std::optional<CallError> Draft::load() {
    Reply reply = caller_.call("config.get", {{"source", "running"}});
    if (!reply) return reply.error();
    auto config = config_from_json(reply->value("config", json::object()));
    if (!config) return refused(config.error());
    before_ = std::move(*config);
    after_ = before_;
    generation_ = reply->value("generation", json());
    loaded_ = true;
    return std::nullopt;
}

// A mode outlives its object if somebody else removes that. What is typed there then must not
// make it again with nothing but this one setting. (A check never made it.)
std::optional<CallError> Draft::gone(const Context& context) const {
    if (purpose_ == Purpose::check) return std::nullopt;
    std::string object;
    if (context.mode == Mode::table_map && !after_.table_maps.contains(context.name))
        object = "table-map " + context.name;
    if (context.mode == Mode::crypto_map &&
        !after_.crypto_maps.contains({context.name, context.sequence}))
        object = "crypto map " + context.name + ' ' + std::to_string(context.sequence);
    if (context.mode == Mode::rule && !after_.rules.contains(context.sequence))
        object = "qos rule " + std::to_string(context.sequence);
    if (context.mode == Mode::zone && !after_.zones.contains(context.name))
        object = "qos zone " + context.name;
    if (object.empty()) return std::nullopt;
    return refused({{object, "was removed meanwhile; type " + object + " to make it again"}});
}

std::optional<CallError> Draft::apply(const Edit& edit) {
    if (auto error = gone(edit.context)) return error;
    auto next = edit.match.command->edit(after_, edit.context, edit.match);
    if (!next) return refused(next.error());
    after_ = std::move(*next);
    return std::nullopt;
}

std::optional<CallError> Draft::add(const Context& context, const Match& match) {
    if (!loaded_) {
        if (auto error = load()) return error;
    }
    Edit edit{context, match};
    if (auto error = apply(edit)) {
        if (edits_.empty()) discard();
        return error;
    }
    edits_.push_back(std::move(edit));
    return std::nullopt;
}

std::optional<CallError> Draft::replay() {
    if (auto error = load()) return error;
    for (const Edit& edit : edits_) {
        if (auto error = apply(edit)) return error;
    }
    return std::nullopt;
}

tl::expected<Committed, CallError> Draft::send() {
    if (after_ == before_) return Committed{before_, after_, {}, {}};
    json params{{"config", change_to_json(before_, after_)}};
    if (!generation_.is_null()) params["generation"] = generation_;
    if (purpose_ == Purpose::check) params["check"] = true;
    Reply reply = caller_.call("config.change", std::move(params));
    if (!reply) return tl::make_unexpected(reply.error());
    return Committed{before_, after_, texts(*reply, "changes"), texts(*reply, "warnings")};
}

tl::expected<Committed, CallError> Draft::commit() {
    auto sent = send();
    if (!sent && sent.error().kind == CallError::Kind::refused && sent.error().code == rpc::stale) {
        if (auto error = replay()) {
            sent = tl::make_unexpected(*error);
        } else {
            sent = send();
        }
    }
    discard();
    return sent;
}

void Draft::discard() {
    edits_.clear();
    loaded_ = false;
    before_ = {};
    after_ = {};
    generation_ = nullptr;
}

} // namespace tunqos::cli
