#pragma once

#include "db/json_rows.hpp"
#include "mysql/query.hpp"

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

/// Below 1,000, from which on MariaDB converts a list of literals to a table.
inline constexpr std::size_t max_batch_rows = 900;

/// In bytes: a longer payload is written by separate statements.
inline constexpr std::size_t max_inline = 64 * 1024;

/// The most bytes of payloads in a batch. Quoted as JSON and then as SQL, a byte may become four,
/// and one more payload may follow.
std::size_t max_batch_bytes(const MysqlSession& session);

/// Returns how many bytes a payload takes in its batch.
std::size_t inlined_size(std::string_view text);

/// Payloads that are too long for their batch. Their column is inserted as an empty text.
class LongTexts {
public:
    /// Returns what the batch writes: `text`, or an empty text for a long payload.
    std::string_view inlined(const Sql& statement, const JobId& id, std::string_view text);

    /// Drops the payloads of a job that is not changed after all.
    void forget(const JobId& id);

    /// Completes the rows. The texts must live until then.
    void write(const MysqlSession& session, MysqlBatch& batch);

private:
    struct Text {
        const Sql* statement; ///< appends a piece to a job's text
        JobId id;
        std::string_view text;
    };
    std::vector<Text> texts_;
};

/// Calls `append(piece)` with the pieces of a payload, in their order, each of which fits in a
/// statement. Throws if the server can't store the whole payload.
void in_pieces(const MysqlSession& session, std::string_view text,
               const std::function<void(std::string_view)>& append);

/// Returns the ids as literals, separated by commas.
Expression literals_of(std::span<const JobId> ids);

/// Calls `run(literals)` for successive batches of the ids.
template <typename Run>
void in_lists(std::span<const JobId> ids, Run run) {
    for (; !ids.empty(); ids = ids.subspan(std::min(max_batch_rows, ids.size())))
        run(literals_of(ids.first(std::min(max_batch_rows, ids.size()))));
}

/// Returns an expression that maps the column `id` to its literal; `literals` are in the order of
/// `ids`, which must be sorted. It is the literal itself if all are the same, otherwise a binary
/// search.
Expression by_id(std::span<const JobId> ids, std::span<const std::string> literals);

/// Returns `text` as a literal, or NULL.
std::string literal_of(const MysqlSession& session, std::optional<std::string_view> text);

inline std::string ids_of(auto first, auto last, auto id) {
    JsonRows rows;
    for (; first != last; ++first) rows.add(id(*first));
    return rows.take();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
