#pragma once

#include <asyncjobs/time.hpp>

#include <string>
#include <string_view>
#include <vector>

using Texts = std::vector<std::string>;

inline asyncjobs::Timestamp at(std::string_view text) {
    return asyncjobs::parse_rfc3339(text).value();
}
