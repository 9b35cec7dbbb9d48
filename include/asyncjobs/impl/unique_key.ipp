#pragma once

#include <asyncjobs/detail/exact_json.hpp>
#include <asyncjobs/detail/name_hash.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/job.hpp>

#include <boost/json/serialize.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Equal text for equal values, independent of the order of members.
inline void append_canonical(std::string& out, const boost::json::value& value) {
    if (const auto* array = value.if_array()) {
        out += '[';
        for (const auto& element : *array) {
            append_canonical(out, element);
            out += ',';
        }
        out += ']';
    } else if (const auto* object = value.if_object()) {
        std::map<std::string_view, const boost::json::value*> members;
        for (const auto& [name, member] : *object)
            members.emplace(std::string_view(name.data(), name.size()), &member);
        out += '{';
        for (const auto& [name, member] : members) {
            out += boost::json::serialize(boost::json::string_view(name.data(), name.size()));
            out += ':';
            append_canonical(out, *member);
            out += ',';
        }
        out += '}';
    } else {
        out += boost::json::serialize(value);
    }
}

inline std::string identity_of(const NewJob& job, const UniqueBy& by) {
    std::string identity = job.type + '\n';
    if (by.owner) identity += "owner " + job.owner + '\n';
    if (by.queue) identity += "queue " + job.queue + '\n';
    if (!by.input && by.members.empty()) return identity;
    const auto input = parse_exact(job.input);
    if (by.input) append_canonical(identity, input);
    for (const std::string& member : by.members) {
        boost::system::error_code missing;
        const auto* value = input.find_pointer(member, missing);
        if (!value)
            throw Error(Errc::invalid_argument,
                        fmt::format("unique_by.members holds \"{}\", but the input of {} has no "
                                    "such member",
                                    printable(member), job.type));
        identity += member + ' ';
        append_canonical(identity, *value);
        identity += '\n';
    }
    return identity;
}

} // namespace detail

ASYNCJOBS_INLINE void make_unique_key(NewJob& job, Timestamp now) {
    if (!job.unique_by) return;
    if (job.unique_key)
        throw Error(Errc::invalid_argument,
                    fmt::format("unique_key is \"{}\", but must be empty where unique_by is given",
                                detail::printable(*job.unique_key)));
    const UniqueBy by = *std::exchange(job.unique_by, std::nullopt);
    if (by.period < Duration::zero() || by.period > std::chrono::days{366})
        throw Error(Errc::invalid_argument,
                    fmt::format("unique_by.period is {} us, but must be from 0 to 366 days",
                                by.period.count()));
    const bool is_periodic = by.period > Duration::zero();
    if (is_periodic && job.id != JobId())
        throw Error(
            Errc::invalid_argument,
            fmt::format("id is \"{}\", but must be left out where unique_by.period is given",
                        job.id.text()));
    std::string identity = detail::identity_of(job, by);
    const Timestamp start = is_periodic ? now - now.time_since_epoch() % by.period : Timestamp{};
    if (is_periodic)
        identity +=
            fmt::format("period {} {}", by.period.count(), start.time_since_epoch().count());

    const auto hash = detail::name_hash(identity);
    job.unique_key = job.type + '/' + boost::uuids::to_string(hash);
    if (!is_periodic) return;
    job.id = detail::job_id_of(start, hash);
    job.retention = std::max(job.retention, by.period);
    if (job.keep_failed) job.keep_failed = std::max(*job.keep_failed, by.period);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
