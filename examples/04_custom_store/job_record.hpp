#pragma once

#include <asyncjobs/job.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <vector>

/// A job as one JSON object. JSON texts are kept as strings, so that not a byte of them changes;
/// times are microseconds.
boost::json::object to_record(const asyncjobs::Job& job);
asyncjobs::Job from_record(const boost::json::value& record);

/// Whom a job waits for.
struct ParentList {
    std::vector<asyncjobs::JobId> all;
    std::vector<asyncjobs::JobId> open; ///< those that have not told it yet how they ended
};

void add_parents(boost::json::object& record, const ParentList& parents);
ParentList parents_from_record(const boost::json::value& record);
