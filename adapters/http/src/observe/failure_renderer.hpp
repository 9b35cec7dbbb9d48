#pragma once

#include "observe/job_renderer.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/runtime.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Renders what a request throws as a problem document with an id for this occurrence, and logs
/// what is not the client's fault.
///
/// Thread-safety  Full.
class FailureRenderer {
public:
    /// The arguments must outlive this.
    FailureRenderer(const ApiOptions& options, Runtime& runtime, const JobRenderer& renderer)
        : options_(options), runtime_(runtime), renderer_(renderer) {}

    /// The complete response to a request of `method`, with a new id.
    Response render(const Problem& problem, std::string_view method) const;

    /// The response for the exception being handled.
    Response render_current(const Request& request) const;

    /// A refusal with `Retry-After`.
    Problem try_later(unsigned status, std::string code, std::string detail) const {
        return renderer_.try_later(status, std::move(code), std::move(detail));
    }

private:
    std::string new_instance() const;
    /// Logs a fault, and returns the problem that the client gets.
    Problem problem_of_current(const Request& request, const std::string& instance) const;

    const ApiOptions& options_;
    Runtime& runtime_;
    const JobRenderer& renderer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
