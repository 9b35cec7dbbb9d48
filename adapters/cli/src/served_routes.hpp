#pragma once

#include "connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

struct ServedOptions {
    std::string address = {};
    std::uint16_t port = 0; ///< 0: a free one
    bool read_only = false; ///< the token's caller sees, and changes nothing
};

/// A server of the operators' routes of a store, with a random token; ends with the object.
class ServedRoutes {
public:
    ServedRoutes(LocalStore& local, const ServedOptions& options);
    ~ServedRoutes();
    ServedRoutes(const ServedRoutes&) = delete;
    ServedRoutes& operator=(const ServedRoutes&) = delete;

    std::string url() const; ///< `http://127.0.0.1:8090/operator`
    const std::string& token() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
