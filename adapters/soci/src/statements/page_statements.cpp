#include "statements/page_statements.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

std::string text_of(const JobId& id) { return std::string(id.text()); }
std::int64_t number_of(Timestamp time) { return time.time_since_epoch().count(); }

bool is_stopped(JobStatus status) noexcept {
    return status == JobStatus::failed || status == JobStatus::cancelled;
}

/// A SELECT whose conditions are added one by one.
class Select {
public:
    explicit Select(const PageWords& words) : words_(words) {}

    /// `condition` may have one parameter for each of `arguments`.
    template <typename... Arguments>
    void restrict_to(std::string_view condition, Arguments... arguments) {
        conditions_ += conditions_.empty() ? " WHERE " : " AND ";
        conditions_ += condition;
        (arguments_.emplace_back(std::move(arguments)), ...);
    }

    /// As above; an index of the column must not be used.
    void restrict_unindexed(std::string_view condition, std::string argument) {
        restrict_to(std::string(words_.unindexed).append(condition), std::move(argument));
    }

    void add_argument(std::string argument) { arguments_.emplace_back(std::move(argument)); }

    void restrict_to_owner(const std::optional<std::string>& owner) {
        if (!owner) return;
        restrict_to("owner = :owner", *owner);
        // Spelt out where a partial index can then be used.
        if (!owner->empty()) restrict_to("owner <> ''");
    }

    void restrict_to_ids(const IdRange& ids) {
        if (ids.before) restrict_to("id < :before", text_of(*ids.before));
        if (ids.from) restrict_to("id >= :since", text_of(*ids.from));
    }

    /// Any, if there are none. SQLite takes a partial index of a status for an equality only.
    void restrict_to_statuses(std::span<const JobStatus> statuses) {
        if (statuses.empty()) return;
        const bool is_one = statuses.size() == 1;
        std::string condition(is_one && is_stopped(statuses.front()) ? words_.stopped
                                                                     : words_.status);
        std::string_view before = is_one ? " = '" : " IN ('";
        for (const JobStatus status : statuses) {
            condition.append(before).append(to_string(status));
            before = "', '";
        }
        restrict_to(condition + (is_one ? "'" : "')"));
    }

    void restrict_to_type(const std::optional<TypeName>& type, bool library_jobs) {
        if (type) restrict_unindexed("type = :type", std::string(*type));
        if (!library_jobs) restrict_to("substr(type, 1, 10) <> 'asyncjobs.'");
    }

    PageStatement compose(const std::string& columns, std::string_view end, std::size_t limit) && {
        std::string text = "SELECT " + columns + " FROM ";
        text.append(words_.jobs).append(conditions_).append(end).append(" LIMIT :n");
        arguments_.emplace_back(static_cast<std::int64_t>(limit));
        return {std::move(text), std::move(arguments_)};
    }

private:
    const PageWords& words_;
    std::string conditions_;
    std::vector<PageStatement::Argument> arguments_;
};

std::string list_columns(JobParts parts) {
    switch (parts) {
    case JobParts::all:
        break;
    case JobParts::outcome:
        return select_list(columns::outcome);
    case JobParts::summary:
        return select_list(columns::listed);
    }
    return select_list(columns::job);
}

std::int64_t characters_of(std::string_view utf8) {
    const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return std::ranges::count_if(utf8, is_first);
}

void restrict_to_places(Select& select, const SearchPart& part, const PageWords& words) {
    select.restrict_to(words.pending, std::string(part.queue));
    if (part.after && part.is_of_one_time) {
        select.restrict_to(words.at_time, number_of(part.after->at));
        select.restrict_to("id > :after", text_of(part.after->id));
    } else if (part.after) {
        select.restrict_to(words.after_time, number_of(part.after->at));
    }
    if (!part.until) return;
    select.restrict_to(words.until_time, number_of(part.until->at));
    select.restrict_to("(run_at < :until_at OR id <= :until)");
    select.add_argument(text_of(part.until->id));
}

/// What restricts a search to the part that it looks at.
void restrict_to_part(Select& select, const SearchPart& part, const PageWords& words) {
    const JobSearch& search = part.search;
    if (order_of(search) == SearchOrder::claims) {
        restrict_to_places(select, part, words);
        return;
    }
    if (index_of(search) == PageIndex::owner) select.restrict_to_owner(search.owner);
    if (index_of(search) == PageIndex::stopped) select.restrict_to_statuses(search.statuses);
    IdRange ids = created_ids(search);
    if (part.after) ids.before = std::min(part.after->id, ids.before.value_or(part.after->id));
    if (part.until) ids.from = std::max(part.until->id, ids.from.value_or(part.until->id));
    select.restrict_to_ids(ids);
}

/// What a job must be to be found there.
void restrict_to_matches(Select& select, const SearchPart& part) {
    const JobSearch& search = part.search;
    if (order_of(search) == SearchOrder::claims) {
        select.restrict_to_ids(created_ids(search));
    } else {
        if (index_of(search) != PageIndex::owner) select.restrict_to_owner(search.owner);
        if (search.queue) select.restrict_unindexed("queue = :queue", *search.queue);
        if (index_of(search) != PageIndex::stopped) select.restrict_to_statuses(search.statuses);
    }
    select.restrict_to_type(search.type, search.library_jobs);
    if (search.worker) select.restrict_unindexed("worker = :worker", *search.worker);
    if (search.error_code)
        select.restrict_to("substr(error, 1, :length) = :begin", characters_of(part.error_begin),
                           std::string(part.error_begin));
}

std::string order_by(const SearchPart& part, const PageWords& words) {
    if (order_of(part.search) == SearchOrder::claims)
        return " ORDER BY " + std::string(words.by_place);
    return " ORDER BY id DESC";
}

/// By id, the index is enough; `run_at` would be read from each job.
PageStatement looks_of(const SearchPart& part, const PageWords& words, std::size_t limit) {
    Select select(words);
    restrict_to_part(select, part, words);
    const bool is_by_id = order_of(part.search) == SearchOrder::newest;
    return std::move(select).compose(is_by_id ? "id, 0" : select_list(columns::place),
                                     order_by(part, words), limit);
}

} // namespace

PageIndex index_of(const JobQuery& query) noexcept {
    if (query.idempotency_key) return PageIndex::idempotency_key;
    if (query.owner) return PageIndex::owner;
    return query.status && is_stopped(*query.status) ? PageIndex::stopped : PageIndex::id;
}

PageIndex index_of(const JobSearch& search) noexcept {
    if (order_of(search) == SearchOrder::claims) return PageIndex::due;
    // Most indexes of owners lack jobs without one.
    if (search.owner && !search.owner->empty()) return PageIndex::owner;
    const bool is_of_one = search.statuses.size() == 1;
    return is_of_one && is_stopped(search.statuses.front()) ? PageIndex::stopped : PageIndex::id;
}

PageStatement list_statement(const JobQuery& query, const PageWords& words) {
    Select select(words);
    select.restrict_to_owner(query.owner);
    if (query.queue) select.restrict_unindexed("queue = :queue", *query.queue);
    select.restrict_to_type(query.type, query.library_jobs);
    if (query.idempotency_key)
        select.restrict_to("idempotency_key = :idempotency_key", *query.idempotency_key);
    if (query.status) select.restrict_to_statuses({&*query.status, 1});
    if (query.needed_by) select.restrict_to(words.is_parent, text_of(*query.needed_by));
    select.restrict_to_ids({.before = query.before});
    // One job at most holds a key. PostgreSQL, whose sorts are off, may scan the whole table
    // for an order.
    const std::string_view order = query.idempotency_key ? "" : " ORDER BY id DESC";
    return std::move(select).compose(list_columns(query.parts), order, query.limit + 1);
}

PageStatement search_statement(const SearchPart& part, const PageWords& words, std::size_t limit) {
    Select select(words);
    restrict_to_part(select, part, words);
    restrict_to_matches(select, part);
    return std::move(select).compose(select_list(columns::searched), order_by(part, words), limit);
}

PageStatement end_of_looks(const SearchPart& part, const PageWords& words, std::size_t looks) {
    auto statement = looks_of(part, words, 1);
    statement.text += " OFFSET :looks";
    statement.arguments.emplace_back(static_cast<std::int64_t>(looks - 1));
    return statement;
}

PageStatement count_of_looks(const SearchPart& part, const PageWords& words, std::size_t most) {
    auto statement = looks_of(part, words, most);
    statement.text = "SELECT count(*) FROM (" + statement.text + ") AS found";
    return statement;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
