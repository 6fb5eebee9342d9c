// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever a handler did not foresee becomes an internal error of that request, not the end of
// the daemon. What no request asked for is caught in guard.hpp.
#include "control/dispatcher.hpp"

#include <algorithm>

#include "model/json_syntax.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

struct Method {
    std::string_view name;
    Right right;
    Handler handler;
};

constexpr Method methods[] = {
    {"version", Right::read, handle_version},
    {"config.get", Right::read, handle_config_get},
    {"config.set", Right::write, handle_config_set},
    {"config.change", Right::write, handle_config_change},
    {"config.save", Right::write, handle_config_save},
    {"config.reload", Right::write, handle_config_reload},
    {"config.unsaved", Right::read, handle_config_unsaved},
    {"config.log", Right::read, handle_config_log},
    {"counters.clear", Right::write, handle_counters_clear},
    {"show.tunnels", Right::read, handle_show_tunnels},
    {"show.ports", Right::read, handle_show_ports},
    {"show.rules", Right::read, handle_show_rules},
    {"show.reasons", Right::read, handle_show_reasons},
    {"show.sas", Right::read, handle_show_sas},
    {"show.watch", Right::read, handle_show_watch},
};

// A request that has the form of one.
struct Request {
    json id; // null: none
    bool wants_answer = true;
    std::string method;
    json params = json::object();
};

tl::unexpected<RpcError> refuse(rpc::Error code, std::string message) {
    return tl::make_unexpected(RpcError{code, {{"", std::move(message)}}});
}

// Takes the parameters out of the message: they may be a whole configuration.
RpcResult<Request> read_request(json& message, json& id) {
    if (!message.is_object())
        return refuse(rpc::invalid_request, "a request is one object; batches are not supported");
    Request request;
    if (const auto found = message.find("id"); found != message.end()) {
        if (!found->is_string() && !found->is_number() && !found->is_null())
            return refuse(rpc::invalid_request, "id must be a text or a number");
        request.id = id = *found;
    } else {
        request.wants_answer = false;
    }
    const auto version = message.find("jsonrpc");
    if (version == message.end() || *version != "2.0")
        return refuse(rpc::invalid_request, "jsonrpc must be \"2.0\"");
    const auto method = message.find("method");
    if (method == message.end() || !method->is_string())
        return refuse(rpc::invalid_request, "method must be a text");
    request.method = method->get<std::string>();
    if (const auto params = message.find("params"); params != message.end()) {
        if (!params->is_object()) return refuse(rpc::invalid_params, "params must be an object");
        request.params = std::move(*params);
    }
    return request;
}

JsonResult call(Context& context, const Request& request) {
    const auto* const method =
        std::find_if(std::begin(methods), std::end(methods),
                     [&](const Method& candidate) { return candidate.name == request.method; });
    if (method == std::end(methods))
        return refuse(rpc::method_not_found, "there is no method " + request.method);
    if (method->right == Right::write && context.requester.right != Right::write)
        return refuse(rpc::not_permitted, "only root may change the configuration");
    return method->handler(context, request.params);
}

std::string error_text(const RpcError& error, const json& id) {
    json problems = json::array();
    for (const auto& problem : error.problems)
        problems.push_back({{"path", problem.path}, {"message", problem.message}});
    return to_line({{"jsonrpc", "2.0"},
                    {"id", id},
                    {"error",
                     {{"code", static_cast<int>(error.code)},
                      {"message", one_line(error.problems.front())},
                      {"data", {{"problems", std::move(problems)}}}}}});
}

} // namespace

std::string error_answer(const RpcError& error) {
    return error_text(error, nullptr);
}

std::string Dispatcher::answer(std::string_view message, const Requester& requester) noexcept {
    json id;
    try {
        auto parsed = parse_json(message);
        if (!parsed) return error_answer({rpc::parse_error, std::move(parsed.error())});
        const auto request = read_request(*parsed, id);
        if (!request) return error_text(request.error(), id);
        context_.requester = requester;
        auto result = call(context_, *request);
        if (!request->wants_answer) return {};
        if (!result) return error_text(result.error(), id);
        json answer = {{"jsonrpc", "2.0"}, {"id", id}};
        answer["result"] = std::move(*result);
        return to_line(answer);
    } catch (const std::exception& exception) {
        log_.error("internal-error", {{"in", "request"}, {"what", exception.what()}});
        if (requester.right == Right::write) context_.manager.doubt(); // it may have been half done
        return R"({"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"internal error; )"
               R"(see the log of tunqosd","data":{"problems":[{"path":"","message":)"
               R"("internal error; see the log of tunqosd"}]}}})";
    }
}

} // namespace tunqos
