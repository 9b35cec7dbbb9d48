#include "store/sql_operator_store.hpp"

#include "statements/statements.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// One search, within its transaction.
class SqlJobStore::Operators::Search {
public:
    Search(Operators& operators, Session& session, const JobSearch& search, Timestamp now)
        : operators_(operators), session_(session), search_(search), now_(now),
          error_begin_(soci_adapter::error_begin(search.error_code.value_or(""))),
          looks_left_(search.looks) {}

    JobSearchPage run() && {
        if (const auto ids = candidates())
            read_candidates(*ids);
        else if (order_of(search_) == SearchOrder::newest)
            scan({});
        else if (search_.queue)
            scan(*search_.queue);
        else
            scan_all_queues();
        return std::move(page_);
    }

private:
    using Ids = std::vector<JobId>;

    /// The jobs that may match, if few are known; they come in any order.
    std::optional<Ids> candidates() {
        if (search_.key) return related(holders_of_key());
        if (search_.parents_of) return related(parents_of(*search_.parents_of));
        if (search_.children_of) return children();
        const bool is_of_processing = search_.statuses == std::vector{JobStatus::processing};
        if (!is_of_processing || search_.owner) return std::nullopt;
        auto ids = ids_of(operators_.sql().processing_ids, operators_.first_lease(now_),
                          std::size_t{most_ids});
        if (ids.size() == most_ids) return std::nullopt;
        return ids;
    }

    Ids parents_of(const JobId& id) {
        return ids_of(operators_.sql().parents, id, std::size_t{most_ids});
    }

    /// Those of a few jobs that are the parents and children which the search wants.
    Ids related(Ids ids) {
        const auto has = [](const Ids& among, const JobId& id) {
            return std::ranges::find(among, id) != among.end();
        };
        if (search_.parents_of) {
            const Ids parents = parents_of(*search_.parents_of);
            std::erase_if(ids, [&](const JobId& id) { return !has(parents, id); });
        }
        if (search_.children_of)
            std::erase_if(
                ids, [&](const JobId& id) { return !has(parents_of(id), *search_.children_of); });
        return ids;
    }

    Ids ids_of(const Sql& statement, const auto&... arguments) {
        Ids ids;
        session_.query(statement).for_each([&](Row row) { ids.push_back(read_id(row)); },
                                           arguments...);
        return ids;
    }

    Ids holders_of_key() {
        Ids ids = ids_of(shared::sql.first_of_key, *search_.key);
        for (const JobId& id : ids_of(shared::sql.key_holder, *search_.key))
            if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
        return ids;
    }

    /// One more than it may look at.
    Ids children() {
        return ids_of(operators_.sql().children, *search_.children_of,
                      search_.after ? search_.after->id.text() : after_all_ids, search_.looks + 1);
    }

    void read_candidates(Ids ids) {
        std::ranges::sort(ids, std::greater<>{});
        if (search_.after)
            std::erase_if(ids, [&](const JobId& id) { return id >= search_.after->id; });
        if (ids.size() > search_.looks) {
            ids.resize(search_.looks);
            page_.next = {.id = ids.back()};
        }
        for (std::size_t begin = 0; begin < ids.size(); begin += max_batch) {
            const auto some =
                std::span(ids).subspan(begin, std::min(max_batch, ids.size() - begin));
            std::vector<std::optional<Job>> jobs;
            operators_.store_.dialect_->find(
                session_, some,
                {operators_.store_.dialect_->store_statements().find_listed, read_job}, jobs);
            for (auto& job : jobs) {
                if (!job || !matches(*job, search_)) continue;
                if (page_.jobs.size() == search_.limit) {
                    page_.next = {.id = page_.jobs.back().id};
                    return;
                }
                page_.jobs.push_back(*std::move(job));
            }
        }
    }

    /// Returns whether the search has looked at all it may, or has found enough.
    bool scan(std::string_view queue, bool has_more_queues = false) {
        SearchPart part{.search = search_, .queue = queue, .error_begin = error_begin_};
        if (search_.after && search_.after->queue == queue) part.after = search_.after;
        // Two ranges of an index: jobs with the time of a position, and later ones.
        const bool has_times = order_of(search_) == SearchOrder::claims;
        part.is_of_one_time = part.after && has_times;
        while (looks_left_ > 0 && !is_full()) {
            // Most searches find enough among the first.
            const std::size_t looks =
                page_.next ? looks_left_ : std::min(looks_left_, 4 * search_.limit);
            part.until = end_of(part, looks);
            if (read_part(part)) return true;
            if (part.until) {
                page_.next = part.after = part.until;
                part.is_of_one_time = has_times;
                looks_left_ -= looks;
            } else {
                // Fewer than these: so some are left.
                if (part.is_of_one_time || has_more_queues) looks_left_ -= count_looks(part, looks);
                if (!std::exchange(part.is_of_one_time, false)) {
                    page_.next.reset();
                    return false;
                }
            }
        }
        if (is_full()) page_.next = last_;
        return true;
    }

    bool is_full() const noexcept { return page_.jobs.size() == search_.limit; }

    std::optional<SearchPosition> end_of(const SearchPart& part, std::size_t looks) {
        std::optional<SearchPosition> end;
        run(end_of_looks(part, words(), looks), columns::place, [&](Row row) {
            end = SearchPosition{.id = read_id(row)};
            set_place(*end, part, row.time());
        });
        return end;
    }

    std::size_t count_looks(const SearchPart& part, std::size_t most) {
        std::size_t looks = 0;
        run(count_of_looks(part, words(), most), columns::one_number,
            [&](Row row) { looks = static_cast<std::size_t>(row.number()); });
        return looks;
    }

    /// Returns whether there are more jobs than the page has room for.
    bool read_part(const SearchPart& part) {
        const std::size_t room = search_.limit - page_.jobs.size();
        std::size_t found = 0;
        run(search_statement(part, words(), room + 1), columns::searched, [&](Row row) {
            if (found++ == room) return;
            const Timestamp place = row.time();
            page_.jobs.push_back(read_job(row));
            last_ = {.id = page_.jobs.back().id};
            set_place(last_, part, place);
        });
        if (found <= room) return false;
        page_.next = last_;
        return true;
    }

    void set_place(SearchPosition& position, const SearchPart& part, Timestamp place) const {
        if (order_of(search_) == SearchOrder::newest) return;
        position.queue = part.queue;
        position.at = place;
    }

    void scan_all_queues() {
        std::optional<std::string> queue;
        if (search_.after) queue = search_.after->queue;
        if (!queue) queue = operators_.next_queue(session_, "");
        for (std::size_t queues = 0; queue; ++queues) {
            if (scan(*queue, true)) return;
            if (queues == max_queues || is_full()) {
                page_.next = SearchPosition{.queue = *queue, .at = Timestamp::max()};
                return;
            }
            queue = operators_.next_queue(session_, *queue);
        }
        page_.next.reset();
    }

    PageWords words() const { return operators_.store_.dialect_->page_words(index_of(search_)); }

    void run(const PageStatement& statement, Columns columns, const auto& each) {
        session_.query_once({"search", statement.text, columns})
            ->for_each_of(each, std::span(statement.arguments));
    }

    static constexpr std::size_t most_ids = JobSearch::max_looks + 1;

    Operators& operators_;
    Session& session_;
    const JobSearch& search_;
    const Timestamp now_;
    const std::string error_begin_;
    std::size_t looks_left_;
    JobSearchPage page_;
    SearchPosition last_; ///< of the last job on the page
};

JobSearchPage SqlJobStore::Operators::search(const JobSearch& search) {
    validate(search);
    return store_.transact(Access::reading, [&](Session& session, CallTime call) {
        return Search(*this, session, search, time_of(session, call)).run();
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
