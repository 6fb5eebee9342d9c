// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control socket: whatever arrives in whatever pieces, the answers are those that the
// dispatcher gives to the whole lines, and the session ends when the client goes.
//
// Input: the size of the pieces, who is asking and whether the module is loaded, then the
// bytes of the client.
#include <sys/socket.h>
#include <unistd.h>

#include "control/sa_watch.hpp"
#include "control/session.hpp"
#include "control/surroundings_watch.hpp"
#include "fuzz.hpp"
#include "kernel/fake_kernel.hpp"
#include "kernel/fake_ruleset.hpp"
#include "model/samples.hpp"
#include "tunqos/json.hpp"

using namespace tunqos;
using fuzz::require;

namespace {

// A file that can be neither read nor written: nothing survives an input.
constexpr const char* no_file = "/proc/tunqos/tunqos.json";

struct Daemon {
    explicit Daemon(bool loaded) {
        kernel.loaded = loaded;
        if (loaded) require(manager.set(samples::full(), {}, Manager::Mode::apply).has_value(), "");
    }
    kernel::FakeKernel kernel;
    kernel::FakeLinks links;
    kernel::FakeRuleset ruleset;
    kernel::FakeConnections connections;
    RuleTable table{ruleset, connections};
    Log log{Log::Sink::none};
    Manager manager{kernel, table, ConfigFile(no_file), log, 100};
    kernel::FakeSas sas;
    SaWatch watch{sas, links, [this]() -> const Config& { return manager.running(); }, log};
    kernel::FakeSurroundings surroundings;
    SurroundingsWatch beside{surroundings, links,
                             [this]() -> const Config& { return manager.running(); }, log};
    Dispatcher dispatcher{{manager, links, watch, beside, {4026531833, "blue"}}, log};
};

std::string expected(std::string_view bytes, Right right, bool loaded) {
    Daemon daemon(loaded);
    std::string answers;
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        const std::string answer = daemon.dispatcher.answer(bytes.substr(0, end), right);
        bytes.remove_prefix(end + 1);
        if (answer.empty()) continue;
        require(answer.find('\n') == std::string::npos, "an answer of two lines", answer);
        const auto json = nlohmann::json::parse(answer, nullptr, false);
        require(json.is_object() && json.value("jsonrpc", "") == "2.0" && json.contains("id") &&
                    json.contains("result") != json.contains("error"),
                "an answer that is none", answer);
        require(!json.contains("error") || json["error"]["code"] != rpc::internal_error,
                "something that no handler foresaw", answer);
        answers += answer + '\n';
    }
    require(validate(daemon.manager.running()).empty(), "an invalid configuration is running");
    require(right == Right::write || daemon.manager.generation() == (loaded ? 101U : 100U),
            "a reader has changed the configuration");
    return answers;
}

class Client {
public:
    Client(Dispatcher& dispatcher, Right right) {
        int ends[2];
        require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "");
        fd_ = ends[0];
        const auto session = std::make_shared<Session>(
            Session::Socket(io_, asio::local::stream_protocol(), ends[1]), dispatcher, right);
        session->on_close([this](Session*) { closed_ = true; });
        session->start();
    }

    void send(std::string_view piece) {
        while (!piece.empty()) {
            const auto count = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
            if (count > 0) piece.remove_prefix(static_cast<std::size_t>(count));
            turn();
        }
    }
    void leave() {
        shutdown(fd_, SHUT_WR);
        turn();
        close(fd_);
        io_.poll();
        require(closed_, "the session outlives its client");
    }
    const std::string& answers() const { return answers_; }

private:
    // The daemon works until it waits, and what it says is read.
    void turn() {
        char buffer[65536];
        for (;;) {
            io_.poll();
            const auto count = recv(fd_, buffer, sizeof buffer, 0);
            if (count <= 0) return;
            answers_.append(buffer, static_cast<std::size_t>(count));
        }
    }

    asio::io_context io_;
    bool closed_ = false;
    int fd_ = -1;
    std::string answers_;
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t piece = input.byte() + 1U;
    const unsigned how = input.byte();
    const Right right = how & 1 ? Right::write : Right::read;
    const bool loaded = how & 2;
    const std::string_view bytes = input.text();

    Daemon daemon(loaded);
    Client client(daemon.dispatcher, right);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        client.send(bytes.substr(at, piece));
    client.leave();
    const std::string want = expected(bytes, right, loaded);
    require(client.answers() == want, "other answers than to whole lines",
            client.answers() + "against\n" + want);
    return 0;
}
