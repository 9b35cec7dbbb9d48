#include "job_row.hpp"
#include "postgresql_array.hpp"
#include "postgresql_dialect.hpp"
#include "postgresql_session.hpp"
#include "postgresql_statements.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

std::vector<DueJob> PostgresqlDialect::find_due(Session& session,
                                                std::span<const std::string> queues,
                                                std::size_t limit, Timestamp now) const {
    const auto began = steady_now();
    std::vector<ClaimFloors::Search> searches;
    PostgresqlArray names, first_from, first_to, then_from, then_to;
    const auto add = [](PostgresqlArray& times, Timestamp time) {
        times.add(time.time_since_epoch().count());
    };
    for (const std::string& queue : queues) {
        const auto& search = searches.emplace_back(floors_.begin(queue, began));
        names.add(queue);
        add(first_from, search.first().from);
        add(first_to, search.first().to);
        add(then_from, search.then().from);
        add(then_to, search.then().to);
    }
    std::vector<DueJob> found;
    session.query(postgresql::find_due)
        .for_each([&](Row row) { found.push_back(read_due(row)); }, names.text(), first_from.text(),
                  first_to.text(), then_from.text(), then_to.text(), now, limit);
    const auto ended = steady_now();
    ClaimFloors::Findings findings{
        .is_filled = found.size() == limit, .now = now, .took = ended - began};
    for (std::size_t i = 0; i < searches.size(); ++i) {
        findings.oldest.reset();
        for (const DueJob& job : found)
            if (job.queue == queues[i])
                findings.oldest = std::min(findings.oldest.value_or(job.queued_at), job.queued_at);
        floors_.end(queues[i], searches[i], findings, began, ended);
    }
    return found;
}

std::optional<Duration> PostgresqlDialect::next_due(Session& session,
                                                    std::span<const std::string> queues,
                                                    Timestamp now) const {
    PostgresqlArray names;
    for (const std::string& queue : queues) names.add(queue);
    std::optional<Duration> due_in;
    session.query(postgresql::next_due_in)
        .for_first(
            [&](Row row) {
                if (!row.next_is_null()) due_in = row.duration();
            },
            now, names.text());
    return due_in;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
