// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/check_devices.hpp"
#include "control/handlers.hpp"
#include "tunqos/json.hpp"
#include "tunqos/printable.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

json texts(std::vector<std::string>&& lines) {
    json::array_t array;
    array.reserve(lines.size());
    for (auto& line : lines)
        array.emplace_back(std::move(line));
    return array;
}

json outcome_json(Outcome&& outcome) {
    json answer = {{"generation", outcome.generation}};
    answer["changes"] = texts(std::move(outcome.changes));
    answer["warnings"] = texts(std::move(outcome.warnings));
    return answer;
}

// The answer to a change, which is in the log then, with who made it.
JsonResult logged(Context& context, RpcResult<Outcome> outcome,
                  const std::string& from = "console") {
    if (outcome && !outcome->lines.empty()) {
        Author author = author_of(context.requester);
        author.from = from;
        context.manager.change_log().add(std::move(author), std::move(outcome->lines));
    }
    return std::move(outcome).map(outcome_json);
}

} // namespace

tl::unexpected<RpcError> invalid_params(std::string path, std::string message) {
    return tl::make_unexpected(
        RpcError{rpc::invalid_params, {{std::move(path), std::move(message)}}});
}

RpcResult<std::optional<std::string>> text_param(const json& params, const std::string& name) {
    const auto found = params.find(name);
    if (found == params.end() || found->is_null()) return std::optional<std::string>();
    if (!found->is_string()) return invalid_params("params / " + name, "must be a text");
    return std::optional<std::string>(found->get<std::string>());
}

namespace {

Config only(const Config& config, const std::string& interface) {
    Config part;
    const auto found = config.interfaces.find(interface);
    if (found != config.interfaces.end()) part.interfaces.insert(*found);
    return part;
}

} // namespace

JsonResult handle_config_get(Context& context, const json& params) {
    const auto source = text_param(params, "source");
    if (!source) return tl::make_unexpected(source.error());
    const auto interface = text_param(params, "interface");
    if (!interface) return tl::make_unexpected(interface.error());
    const std::string which = source->value_or("running");
    const Manager& manager = context.manager;
    const auto answer = [&](const Config& config) {
        return json{{"config", config_to_json(*interface ? only(config, **interface) : config)},
                    {"generation", manager.generation()}};
    };
    if (which == "running") return answer(manager.running());
    if (which != "startup")
        return invalid_params("params / source", "must be \"running\" or \"startup\"");
    return manager.startup().map(answer);
}

namespace {

// What config.set and config.change have in common.
struct SetParams {
    std::optional<std::uint64_t> generation;
    Manager::Mode mode = Manager::Mode::apply;
};

RpcResult<SetParams> set_params(const json& params) {
    if (!params.contains("config")) return invalid_params("params / config", "is missing");
    SetParams read;
    if (const auto found = params.find("generation"); found != params.end() && !found->is_null()) {
        if (!found->is_number_unsigned())
            return invalid_params("params / generation", "must be a number");
        read.generation = found->get<std::uint64_t>();
    }
    if (const auto found = params.find("check"); found != params.end() && !found->is_null()) {
        if (!found->is_boolean()) return invalid_params("params / check", "must be true or false");
        if (found->get<bool>()) read.mode = Manager::Mode::check;
    }
    return read;
}

} // namespace

JsonResult handle_config_set(Context& context, const json& params) {
    const auto how = set_params(params);
    if (!how) return tl::make_unexpected(how.error());
    auto config = config_from_json(params.at("config"));
    if (!config)
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(config.error())});
    auto problems = check_devices(*config, context.manager.running(), context.links);
    if (!problems.empty())
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(problems)});
    return logged(context, context.manager.set(std::move(*config), how->generation, how->mode));
}

JsonResult handle_config_change(Context& context, const json& params) {
    const auto how = set_params(params);
    if (!how) return tl::make_unexpected(how.error());
    auto change = change_from_json(params.at("config"));
    if (!change)
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(change.error())});
    auto problems = check_devices(change->objects, context.manager.running(), context.links);
    if (!problems.empty())
        return tl::make_unexpected(RpcError{rpc::invalid_config, std::move(problems)});
    return logged(context, context.manager.change(*change, how->generation, how->mode));
}

JsonResult handle_config_save(Context& context, const json&) {
    return context.manager.save().map([](const std::string& file) { return json{{"file", file}}; });
}

JsonResult handle_config_reload(Context& context, const json&) {
    return logged(context, context.manager.reload(context.links),
                  printable(context.manager.file().path()));
}

JsonResult handle_config_unsaved(Context& context, const json&) {
    return context.manager.unsaved().map([](std::vector<std::string>&& changes) {
        return json{{"changes", texts(std::move(changes))}};
    });
}

JsonResult handle_config_log(Context& context, const json&) {
    json list = json::array();
    for (const auto& change : context.manager.change_log().changes()) {
        const Author& by = change.by;
        const auto or_null = [](const auto& value, bool known) {
            return known ? json(value) : json();
        };
        list.push_back({{"number", change.number},
                        {"index", change.index},
                        {"time", change.time},
                        {"from", by.from},
                        {"user", by.user},
                        {"line", by.line},
                        {"uid", by.uid},
                        {"pid", or_null(by.pid, by.pid != 0)},
                        {"program", or_null(by.program, !by.program.empty())},
                        {"lines", change.lines}});
    }
    return json{{"changes", std::move(list)}};
}

} // namespace tunqos
