#include "postgresql/dialect.hpp"
#include "postgresql/searches.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"
#include "store/job_row.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

std::vector<LimitCandidate> PostgresqlDialect::find_due(Session& session,
                                                        std::span<const std::string> queues,
                                                        std::size_t limit, Timestamp now) const {
    const auto began = steady_now();
    PostgresqlSearches searches(watermarks_, queues, began);
    std::vector<LimitCandidate> found;
    session.query(postgresql::sql.find_due)
        .for_each([&](Row row) { found.push_back(read_due(row)); }, searches.names.text(),
                  searches.from.text(), searches.to.text(), now, limit);
    const auto ended = steady_now();
    searches.end({.is_filled = found.size() == limit, .now = now, .took = ended - began}, ended,
                 [&](std::size_t queue) {
                     std::optional<Timestamp> oldest;
                     for (const LimitCandidate& job : found)
                         if (job.queue == queues[queue])
                             oldest = std::min(oldest.value_or(job.queued_at), job.queued_at);
                     return oldest;
                 });
    return found;
}

std::optional<Duration> PostgresqlDialect::next_due(Session& session,
                                                    std::span<const std::string> queues,
                                                    Timestamp now) const {
    PostgresqlArray names;
    for (const std::string& queue : queues) names.add(queue);
    std::optional<Duration> due_in;
    session.query(postgresql::sql.next_due_in)
        .for_first(
            [&](Row row) {
                if (!row.next_is_null()) due_in = row.duration();
            },
            now, names.text());
    return due_in;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
