#pragma once

#include <asyncjobs/time.hpp>

#include <string_view>

inline asyncjobs::Timestamp at(std::string_view text) {
    return asyncjobs::parse_rfc3339(text).value();
}
