#include "observe/event_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

std::string_view event_name(JobStatus status) noexcept {
    switch (status) {
    case JobStatus::completed:
        return "job.completed";
    case JobStatus::failed:
        return "job.failed";
    case JobStatus::cancelled:
        return "job.cancelled";
    case JobStatus::pending:
    case JobStatus::processing:
        break;
    }
    return "job.updated";
}

std::string on_one_line(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

} // namespace

std::string retry_text(Duration reconnect_after) {
    using std::chrono::milliseconds;
    return fmt::format("retry: {}\n\n",
                       std::chrono::duration_cast<milliseconds>(reconnect_after).count());
}

std::string event_text(ServerSentEvent event) {
    return fmt::format("event: {}\ndata: {}\n\n", on_one_line(std::move(event.name)),
                       on_one_line(std::move(event.data)));
}

std::string event_text(const Job& job, std::string document) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", job.revision, event_name(job.status),
                       on_one_line(std::move(document)));
}

std::int64_t last_event_id(const Headers& request) {
    std::int64_t id = 0;
    const auto* text = request.find("Last-Event-ID");
    if (!text) return 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
    return error == std::errc() && end == text->data() + text->size() ? id : 0;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
