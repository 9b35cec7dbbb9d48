#include "differential_comparison.hpp"

/// Calls of an OperatorStore. None is made to fail.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

std::string describe_ids(const std::vector<JobId>& ids) { return '{' + describe_all(ids) + '}'; }

/// The outcomes of a batch are those of single calls, one after the other.
template <typename Outcome, typename Change>
void follow(const std::vector<JobId>& ids, const std::vector<Outcome>& found, Change change) {
    expect_equal(found.size(), ids.size(), "outcomes of a batch");
    for (std::size_t i = 0; i < ids.size(); ++i) change(ids[i], &found[i]);
}

} // namespace

void Comparison::ask_operators(Member member, Draw& draw) {
    OperatorStore& operators = *store_->operators();
    switch (member) {
    case Member::counts:
        describe_call("counts", "");
        return model_.counts(operators.counts());
    case Member::queues: {
        const auto after = draw.percent(50) ? draw.queue() : std::string();
        const auto limit = draw.percent(50) ? 1 : OperatorStore::max_queues;
        describe_call("queues", fmt::format("{}, {}", after, limit));
        return model_.queues(after, limit, operators.queues(after, limit), now_);
    }
    case Member::search:
        return search(draw.search());
    case Member::why: {
        const auto id = draw.id();
        describe_call("why", describe(id));
        return model_.why(id, operators.why(id), now_);
    }
    case Member::cancel_batch: {
        const auto ids = draw.ids();
        const auto cancellation = draw.cancellation();
        describe_call("cancel", describe_ids(ids) + (cancellation.force ? ", by force" : ""));
        return follow(ids, operators.cancel(ids, cancellation),
                      [&](const JobId& id, const CancelOutcome* outcome) {
                          model_.cancel(id, cancellation, outcome, now_);
                      });
    }
    case Member::retry_batch: {
        const auto ids = draw.finished_ids();
        describe_call("retry", describe_ids(ids));
        return follow(ids, operators.retry(ids), [&](const JobId& id, const RetryOutcome* outcome) {
            model_.retry(id, outcome, now_);
        });
    }
    case Member::remove_batch: {
        const auto ids = draw.finished_ids();
        describe_call("remove", describe_ids(ids));
        return follow(ids, operators.remove(ids),
                      [&](const JobId& id, const RemoveOutcome* outcome) {
                          model_.remove(id, outcome, now_);
                      });
    }
    case Member::run_now_batch: {
        const auto ids = draw.ids();
        describe_call("run_now", describe_ids(ids));
        return follow(ids, operators.run_now(ids),
                      [&](const JobId& id, const RunNowOutcome* outcome) {
                          model_.run_now(id, *outcome, now_);
                      });
    }
    default:
        return;
    }
}

/// All pages.
void Comparison::search(JobSearch search) {
    describe_call("search", describe(search));
    const auto wanted = search;
    std::vector<Job> found;
    const auto most_pages = 2 * model_.entries().size() + model_.gone().size() + 10;
    for (std::size_t pages = 0;; ++pages) {
        expect(pages < most_pages, "a search to have a last page");
        auto page = store_->operators()->search(search);
        expect(page.jobs.size() <= std::min(search.limit, search.looks),
               "no more jobs in a page than its limit, or than it looks at");
        for (Job& job : page.jobs) found.push_back(std::move(job));
        if (!page.next) break;
        search.after = std::move(page.next);
    }
    model_.search(wanted, found);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
