#include "observe/failure_renderer.hpp"

#include "message/response_fields.hpp"
#include "message/target.hpp"

#include <asyncjobs/detail/text_rules.hpp>

#include <fmt/format.h>

#include <new>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Whether a resource of the process is exhausted for now.
bool is_exhaustion(const std::error_code& code) noexcept {
    return code == std::errc::too_many_files_open ||
           code == std::errc::too_many_files_open_in_system ||
           code == std::errc::not_enough_memory ||
           code == std::errc::resource_unavailable_try_again;
}

constexpr auto unavailable = "the service is temporarily unavailable";

} // namespace

Response FailureRenderer::render(const Problem& problem, std::string_view method) const {
    return completed(problem.response(new_instance()), method);
}

Response FailureRenderer::render_current(const Request& request) const {
    const std::string instance = new_instance();
    return problem_of_current(request, instance).response(instance);
}

Problem FailureRenderer::problem_of_current(const Request& request,
                                            const std::string& instance) const {
    const auto failed = [&](std::string_view why) {
        if (options_.log)
            options_.log(
                {.level = LogEntry::Level::error,
                 .message = fmt::format("request failed: {} {} ({}): {}", request.method,
                                        asyncjobs::detail::printable(path_of(request.target)),
                                        instance, why)});
    };
    try {
        throw;
    } catch (const Problem& problem) {
        return problem;
    } catch (const Error& error) {
        failed(error.what());
        if (error.code() == Errc::unknown_outcome)
            return try_later(503, "unknown_outcome",
                             "outcome unknown: the request may have taken effect");
        if (error.code() == Condition::retryable) return try_later(503, "unavailable", unavailable);
    } catch (const std::system_error& error) {
        failed(error.what());
        if (is_exhaustion(error.code())) return try_later(503, "overloaded", unavailable);
    } catch (const std::bad_alloc& error) {
        failed(error.what());
        return try_later(503, "overloaded", unavailable);
    } catch (const std::exception& error) {
        failed(error.what());
    } catch (...) {
        failed("unknown exception");
    }
    return {500, "internal_error", "internal error"};
}

std::string FailureRenderer::new_instance() const {
    const auto high = runtime_.random();
    const auto low = runtime_.random();
    return fmt::format("urn:uuid:{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32,
                       (high >> 16) & 0xFFFF, high & 0xFFF, ((low >> 48) & 0x3FFF) | 0x8000,
                       low & 0xFFFFFFFFFFFF);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
