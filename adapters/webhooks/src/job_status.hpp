#pragma once

#include <asyncjobs/job.hpp>

#include <boost/describe/enum.hpp>

namespace asyncjobs {

/// So that it is a name in JSON.
BOOST_DESCRIBE_ENUM(JobStatus, pending, processing, completed, failed, cancelled)

} // namespace asyncjobs
