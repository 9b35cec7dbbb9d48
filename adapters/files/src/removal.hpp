#pragma once

#include <asyncjobs/job.hpp>

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The job that removes a file.
struct RemoveFile {
    static constexpr std::string_view type = "asyncjobs.remove_file";
    std::string key = {};
};
BOOST_DESCRIBE_STRUCT(RemoveFile, (), (key))

/// How long to wait before the file's job is read again; empty: remove the file. `job` is null if
/// it no longer exists.
std::optional<Duration> keep_file_for(const Job* job, Timestamp now, Duration check_every);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
