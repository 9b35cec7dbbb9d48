#pragma once

#include <asyncjobs/job_id.hpp>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Equal for equal names; practically never equal for different ones.
inline boost::uuids::uuid name_hash(const std::string& name) {
    return boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(name);
}

/// The id of a job that exists once per name and time.
inline JobId job_id_of(Timestamp at, const boost::uuids::uuid& hash) {
    const auto number = [&](std::size_t first, std::size_t last) {
        std::uint64_t value = 0;
        for (std::size_t i = first; i < last; ++i) value = value << 8 | hash.data[i];
        return value;
    };
    return JobId::make(at, number(0, 4), number(8, 16));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
