#pragma once

#include <asyncjobs/http/message.hpp>

#include <string>

inline asyncjobs::http::Request bearer_request(const std::string& token) {
    return {.headers = {{"Authorization", "Bearer " + token}}};
}
