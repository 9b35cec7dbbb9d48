#include "message/trace_context.hpp"

#include <asyncjobs/detail/traceparent.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

std::optional<std::string> trace_of(const Headers& request, Runtime& runtime) {
    const auto* sent = request.find("traceparent");
    if (!sent) return std::nullopt;
    if (request.count("traceparent") == 1 && asyncjobs::detail::is_traceparent(*sent)) return *sent;
    return fmt::format("00-{:016x}{:016x}-{:016x}-00", runtime.random(), runtime.random() | 1,
                       runtime.random() | 1);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
