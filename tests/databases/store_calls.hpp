#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <string>
#include <vector>

namespace soci_test {

/// A job whose id encodes `number`.
inline asyncjobs::NewJob new_job(std::uint64_t number) {
    asyncjobs::NewJob job;
    job.id = asyncjobs::JobId::make(asyncjobs::Timestamp{std::chrono::days{20'000}}, 7, number);
    job.type = "noop";
    return job;
}

inline asyncjobs::NewJob with_key(asyncjobs::NewJob job, const std::string& unique_key) {
    job.unique_key = unique_key;
    return job;
}

inline asyncjobs::Submitted submit(asyncjobs::JobStore& store, const asyncjobs::NewJob& job) {
    return store.submit({&job, 1}).at(0);
}

inline std::vector<asyncjobs::ClaimedJob> claim(asyncjobs::JobStore& store, std::size_t limit) {
    const std::vector<std::string> queues = {"default"};
    return store.claim({.worker = "w", .queues = queues, .limit = limit}).claimed;
}

inline std::optional<asyncjobs::Job> find(asyncjobs::JobStore& store, const asyncjobs::JobId& id) {
    return store.find({&id, 1}).at(0);
}

/// Returns the crashes of a job whose worker was lost after it had claimed it ahead.
inline int crashes_of_one_lost_ahead(asyncjobs::JobStore& store) {
    const auto id = submit(store, new_job(1)).id;
    const std::vector<std::string> queues = {"default"};
    store.claim({.worker = "w", .queues = queues, .limit = 1, .lease_for = {}, .ahead = true});
    store.rescue(1, 1);
    return find(store, id)->crashes;
}

/// Returns the code of the Error that `call` throws; empty if it throws nothing.
template <typename Call>
std::error_code code_of(Call call) {
    try {
        call();
    } catch (const asyncjobs::Error& error) {
        return error.code();
    }
    return {};
}

/// Returns its text.
template <typename Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const asyncjobs::Error& error) {
        return error.what();
    }
    return {};
}

} // namespace soci_test
