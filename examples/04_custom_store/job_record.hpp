#pragma once

#include <asyncjobs/job.hpp>

#include <boost/json/value.hpp>

/// A job as one JSON object. JSON texts are kept as strings, so that not a byte of them changes;
/// times are microseconds.
boost::json::value to_record(const asyncjobs::Job& job);
asyncjobs::Job from_record(const boost::json::value& record);
