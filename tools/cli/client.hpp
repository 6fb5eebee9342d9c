// SPDX-License-Identifier: GPL-2.0-or-later
//
// The CLI's side of the control socket (tunqos/rpc.hpp). Blocking: one request, one answer.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "tunqos/result.hpp"

namespace tunqos::cli {

struct CallError {
    enum class Kind {
        unreachable, // no daemon, no answer in time, an answer that is no JSON-RPC
        refused,     // the daemon's answer is an error
    };
    Kind kind = Kind::unreachable;
    int code = 0; // rpc::Error, if refused
    std::string message;
    Problems problems; // if the daemon named them
};

using Reply = tl::expected<nlohmann::json, CallError>;

// Something that answers requests: the daemon, or a test's idea of it.
class Caller {
public:
    virtual ~Caller() = default;
    virtual Reply call(const std::string& method, nlohmann::json params) = 0;
};

// Connects on the first call, and once more if the daemon was restarted since the last one.
class Client : public Caller {
public:
    explicit Client(std::string socket_path,
                    std::chrono::milliseconds timeout = std::chrono::seconds(30));
    ~Client() override;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    Reply call(const std::string& method, nlohmann::json params) override;

private:
    Reply unreachable(const std::string& why) const;
    std::string connect();
    void disconnect();
    std::string send(const std::string& text);
    std::string receive(std::string& line);
    std::string wait_for(short events) const;

    std::string path_;
    std::chrono::milliseconds timeout_;
    int socket_ = -1;
    int last_id_ = 0;
    std::string buffer_; // received, not yet a line
};

} // namespace tunqos::cli
