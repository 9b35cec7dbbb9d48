#pragma once

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

#include <string>

/// The rule that `call` throws as an invalid argument; `accepted` if it throws nothing.
template <typename Call>
std::string refusal_of(Call call) {
    try {
        call();
    } catch (const asyncjobs::Error& error) {
        CHECK(error.code() == asyncjobs::Errc::invalid_argument);
        return error.message();
    }
    return "accepted";
}
