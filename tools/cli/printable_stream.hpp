// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands between the programs' streams and a terminal: names of devices may hold any byte,
// and no text of somebody else may move the cursor or rewrite what was printed before.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

#include "tunqos/printable.hpp"

namespace tunqos::cli {

// Lines, made printable, to another buffer.
class PrintableBuffer : public std::streambuf {
public:
    explicit PrintableBuffer(std::streambuf& sink) : sink_(sink) {}

protected:
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        const char one = traits_type::to_char_type(c);
        return xsputn(&one, 1) == 1 ? c : traits_type::eof();
    }
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        pending_.append(text, static_cast<std::size_t>(size));
        const auto end = pending_.rfind('\n');
        if (end == std::string::npos) return size;
        const std::string rest = pending_.substr(end + 1);
        pending_.resize(end + 1);
        const bool written = pass_on();
        pending_ = rest;
        return written ? size : 0;
    }
    int sync() override { return pass_on() && sink_.pubsync() == 0 ? 0 : -1; }

private:
    bool pass_on() {
        const std::string text = printable(std::move(pending_), "\n\t");
        pending_.clear();
        const auto size = static_cast<std::streamsize>(text.size());
        return sink_.sputn(text.data(), size) == size;
    }

    std::streambuf& sink_;
    std::string pending_; // no whole line yet
};

// Lets a stream print through such a buffer as long as it lives.
class PrintableStream {
public:
    explicit PrintableStream(std::ostream& stream)
        : stream_(stream), before_(stream.rdbuf()), buffer_(*before_) {
        stream_.rdbuf(&buffer_);
    }
    ~PrintableStream() {
        stream_.flush();
        const auto state = stream_.rdstate();
        stream_.rdbuf(before_);
        stream_.clear(state); // rdbuf() has cleared it
    }
    PrintableStream(const PrintableStream&) = delete;
    PrintableStream& operator=(const PrintableStream&) = delete;

private:
    std::ostream& stream_;
    std::streambuf* before_;
    PrintableBuffer buffer_;
};

} // namespace tunqos::cli
