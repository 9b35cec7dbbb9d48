#pragma once

#include "json_rows.hpp"
#include "mysql_query.hpp"

#include <asyncjobs/job_id.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Below the 1,000 from which on MariaDB makes a table of a list of literals.
inline constexpr std::size_t max_batch_rows = 900;

/// In bytes: a longer payload has statements of its own.
inline constexpr std::size_t max_inline = 64 * 1024;

/// Of the payloads in a batch. Quoted as JSON and then as SQL, a byte may become four, and one
/// payload more may follow.
std::size_t max_batch_bytes(const MysqlSession& session);

/// What a payload takes of the batch that it goes with.
std::size_t inlined_size(std::string_view text);

/// Payloads that are too long for their batch. Their column is made as an empty text.
class LongTexts {
public:
    /// What goes into the batch: `text`, or nothing yet.
    std::string_view inlined(const Sql& statement, const JobId& id, std::string_view text);

    /// Of a job that is not changed after all.
    void forget(const JobId& id);

    /// Completes the rows. The texts must be there until then.
    void write(const MysqlSession& session, MysqlBatch& batch);

private:
    struct Text {
        const Sql* statement; ///< appends a piece to a job's text
        JobId id;
        std::string_view text;
    };
    std::vector<Text> texts_;
};

/// Calls `append(piece)` with pieces of a payload, in their order, each of which fits in a
/// statement. Throws if the server can't keep the whole.
void in_pieces(const MysqlSession& session, std::string_view text,
               const std::function<void(std::string_view)>& append);

/// As literals, separated by commas.
Expression literals_of(std::span<const JobId> ids);

/// Calls `run(literals)` with some of the ids, in their order, until all had their turn.
template <typename Run>
void in_lists(std::span<const JobId> ids, Run run) {
    for (; !ids.empty(); ids = ids.subspan(std::min(max_batch_rows, ids.size())))
        run(literals_of(ids.first(std::min(max_batch_rows, ids.size()))));
}

/// A job's value among `literals`, which are those of `ids` in this order, as an expression of
/// `id`: its literal where all are the same, and a binary search otherwise. The ids must be sorted.
Expression by_id(std::span<const JobId> ids, std::span<const std::string> literals);

/// `text` as a literal, or NULL.
std::string literal_of(const MysqlSession& session, std::optional<std::string_view> text);

inline std::string ids_of(auto first, auto last, auto id) {
    JsonRows rows;
    for (; first != last; ++first) rows.add(id(*first));
    return rows.take();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
