#pragma once

#include <asyncjobs/store/transitions.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>
#include <vector>

/// A job, and what only its store has.
struct JobRecord : asyncjobs::StoredJob {
    std::vector<asyncjobs::JobId> all_parents = {};
    std::vector<asyncjobs::JobId> open_parents = {}; ///< that are not counted yet
    std::set<std::string> throttled_by = {};         ///< limits, since it last started
};

/// As one JSON object. JSON texts are kept as strings, so that not a byte of them changes; times
/// are microseconds.
boost::json::object to_record(const JobRecord& job);
JobRecord from_record(const boost::json::value& record);

inline std::int64_t number(asyncjobs::Duration duration) { return duration.count(); }
inline std::int64_t number(asyncjobs::Timestamp time) { return number(time.time_since_epoch()); }
inline asyncjobs::Duration duration(const boost::json::value& value) {
    return asyncjobs::Duration(value.as_int64());
}
inline asyncjobs::Timestamp time(const boost::json::value& value) {
    return asyncjobs::Timestamp(duration(value));
}
inline std::string text(const boost::json::value& value) { return std::string(value.as_string()); }
