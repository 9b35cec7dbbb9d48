#pragma once

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <stdexcept>
#include <string>

/// Returns the Error that `call` throws; fails the test if it throws none.
template <typename Call>
asyncjobs::Error thrown_by(Call call) {
    try {
        call();
    } catch (const asyncjobs::Error& error) {
        return error;
    }
    throw std::logic_error("no Error was thrown");
}

/// Returns the message of the Error that `call` throws, provided that its code is `code`.
template <typename Call>
std::string refusal(asyncjobs::Errc code, Call call) {
    const auto error = thrown_by(call);
    CHECK(error.code() == code);
    return error.what();
}

/// Shown in a failure: `CHECK(has(text, "part"))`.
inline bool has(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}
