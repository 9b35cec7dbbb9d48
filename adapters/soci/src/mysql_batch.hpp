#pragma once

#include "json_rows.hpp"
#include "mysql_session.hpp"
#include "sql.hpp"

#include <asyncjobs/job_id.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

inline constexpr std::size_t max_batch_rows = 1000;

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

    /// Completes the rows, whose texts must still be there.
    void write(MysqlSession& session);

private:
    struct Text {
        const Sql* statement;
        JobId id;
        std::string_view text;
    };
    std::vector<Text> texts_;
};

inline std::string ids_of(auto first, auto last, auto id) {
    JsonRows rows;
    for (; first != last; ++first) rows.add(id(*first));
    return rows.take();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
