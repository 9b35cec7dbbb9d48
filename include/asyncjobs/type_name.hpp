#pragma once

#include <asyncjobs/config.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A job's type in options: any text, so also the `type` of the struct that is the job's input:
///
///     const NewJob job{.type = SalesReport::type, .queue = "reports"};
class ASYNCJOBS_VISIBLE TypeName : public std::string {
public:
    TypeName() = default;
    TypeName(const char* name) : std::string(name) {}
    TypeName(std::string_view name) : std::string(name) {}
    TypeName(std::string name) noexcept : std::string(std::move(name)) {}
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
