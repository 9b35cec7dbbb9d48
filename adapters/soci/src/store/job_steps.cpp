#include "store/job_steps.hpp"

#include "db/json_rows.hpp"
#include "db/row_of.hpp"
#include "store/job_row.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

const JobId& id_of_steps(const ClaimedJob& job) { return job.lease.id; }
const JobId& id_of_steps(const Job& job) { return job.id; }

template <typename JobWithSteps>
void read_steps_of(Session& session, const RowStatements& sql,
                   const std::vector<JobWithSteps*>& jobs) {
    std::unordered_map<JobId, std::vector<std::pair<std::int64_t, Step>>> found;
    std::vector<JobId> ids;
    for (const JobWithSteps* job : jobs)
        if (found.try_emplace(id_of_steps(*job)).second) ids.push_back(id_of_steps(*job));
    in_rows(ids, add_id, [&](const std::string& rows) {
        session.query(sql.steps).for_each(
            [&](Row cells) {
                RowOf<columns::step> row(cells);
                auto& [number, step] = found[parse_id(row.text("job"))].emplace_back();
                number = row.number("number");
                step.name = row.take_text("name");
                step.result = JsonText::trusted(row.take_text("result"));
            },
            rows);
    });
    for (auto& [id, steps] : found)
        std::ranges::sort(steps, {}, [](const auto& numbered) { return numbered.first; });
    for (JobWithSteps* job : jobs) {
        job->steps.clear();
        for (const auto& [number, step] : found[id_of_steps(*job)]) job->steps.push_back(step);
    }
}

template <typename JobWithSteps>
void read_steps_of(Session& session, const RowStatements& sql, std::span<JobWithSteps> jobs) {
    std::vector<JobWithSteps*> some;
    for (JobWithSteps& job : jobs)
        if (!job.steps.empty()) some.push_back(&job);
    if (!some.empty()) read_steps_of(session, sql, some);
}

} // namespace

void read_steps(Session& session, const RowStatements& sql, std::span<ClaimedJob> jobs) {
    read_steps_of(session, sql, jobs);
}

void read_steps(Session& session, const RowStatements& sql, std::span<Job> jobs) {
    read_steps_of(session, sql, jobs);
}

void read_steps(Session& session, const RowStatements& sql, std::span<std::optional<Job>> jobs) {
    std::vector<Job*> some;
    for (auto& job : jobs)
        if (job && !job->steps.empty()) some.push_back(&*job);
    if (!some.empty()) read_steps_of(session, sql, some);
}

void forget_steps(Session& session, const RowStatements& sql, std::span<const JobId> ids) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session.query(sql.forget_steps).change(rows); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
