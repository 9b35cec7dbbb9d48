#include "observe/job_events.hpp"

#include <asyncjobs/runtime.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace asyncjobs;
using namespace asyncjobs::http;

namespace {

/// The job from which an event's document is made if the stream stores its `parts`.
Job shown_of(const Job& job, JobParts parts) {
    Job shown;
    std::vector<Task> posted;
    const auto events = std::make_shared<JobEvents>(
        JobEvents::Options{.document =
                               [&](const Job& whole) {
                                   shown = whole;
                                   return std::optional<std::string>("{}");
                               },
                           .parts = parts,
                           .post = [&](Task task) { posted.push_back(std::move(task)); },
                           .memory = [](std::size_t) { return ResponseMemory::Share(); }});
    events->on_change(job);
    for (int i = 0; i < 2; ++i) events->next([](const std::optional<std::string>&) {});
    for (const auto& task : posted) task();
    return shown;
}

} // namespace

TEST_CASE("an event stream stores only the parts of a job that its document needs") {
    Job job;
    job.status = JobStatus::completed;
    job.revision = 7;
    job.input = JsonText::parse("[1]");
    job.result = JsonText::parse("[2]");
    const auto outcome = shown_of(job, JobParts::outcome);
    CHECK(outcome.revision == 7);
    CHECK(outcome.result->text() == "[2]");
    CHECK(outcome.input.text() == "null");
    CHECK(shown_of(job, JobParts::all).input.text() == "[1]");
}
