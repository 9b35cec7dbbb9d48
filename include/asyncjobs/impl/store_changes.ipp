#pragma once

#include <asyncjobs/store/store_changes.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <type_traits>

namespace asyncjobs::inline ASYNCJOBS_ABI {

BOOST_DESCRIBE_STRUCT(Progress, (), (percent, message))
BOOST_DESCRIBE_STRUCT(JobError, (), (code, message, details))
BOOST_DESCRIBE_STRUCT(AttemptError, (), (attempt, at, worker, code, message))
BOOST_DESCRIBE_STRUCT(Step, (), (name, result))
BOOST_DESCRIBE_STRUCT(Job, (),
                      (id, type, queue, owner, priority, status, progress, input, metadata, result,
                       error, attempt_errors, steps, attempt, max_attempts, crashes, fence,
                       revision, worker, unique_key, idempotency_key, limit_key, parents,
                       blocked_by, on_parent_failure, cancel_reason, timeout, retention,
                       keep_failed, created_at, updated_at, run_at, deadline, started_at,
                       finished_at, cancel_requested_at, lease_expires_at, expires_at))
BOOST_DESCRIBE_STRUCT(AheadMarks, (), (claimed, lost))
BOOST_DESCRIBE_STRUCT(StoredJob, (Job), (ahead, lease_for))
BOOST_DESCRIBE_STRUCT(LimitMark, (), (waits_in, admitted_by, reported))
BOOST_DESCRIBE_STRUCT(JobRecord, (StoredJob),
                      (parent_ids, open_parents, place, mark, parked_place, slots))
BOOST_DESCRIBE_STRUCT(BucketRecord, (), (name, next_at, due_at, served_at))
BOOST_DESCRIBE_STRUCT(Tombstone, (), (id, owner, until))
BOOST_DESCRIBE_STRUCT(Limit, (),
                      (name, queue, type, scope, concurrency, rate, period, burst, round_robin))
BOOST_DESCRIBE_STRUCT(StoreChanges, (),
                      (at, jobs, removed, tombstones, used_fence, limits, buckets, paused, resumed))

namespace detail {

/// Converts described structs member by member. A member with its default is not written.
struct RecordConversion {
    template <typename T>
    using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                             boost::describe::mod_inherited>;

    static boost::json::value write(std::string_view text) { return boost::json::string(text); }
    static boost::json::value write(const JsonText& text) { return write(text.text()); }
    static boost::json::value write(const JobId& id) { return write(id.text()); }
    static boost::json::value write(const Timestamp& time) {
        return time.time_since_epoch().count();
    }
    template <typename T>
    static boost::json::value write(const std::optional<T>& value) {
        return value ? write(*value) : boost::json::value();
    }
    template <typename T>
    static boost::json::value write(const std::vector<T>& values) {
        boost::json::array array;
        for (const T& value : values) array.push_back(write(value));
        return array;
    }
    template <typename T>
    static boost::json::value write(const T& value) {
        if constexpr (std::is_base_of_v<std::string, T>) {
            return boost::json::string(std::string_view(value));
        } else if constexpr (std::is_enum_v<T>) {
            return static_cast<int>(value);
        } else if constexpr (std::is_arithmetic_v<T>) {
            return value;
        } else if constexpr (std::is_base_of_v<Duration, T>) {
            return value.count();
        } else {
            static const T defaults = {};
            boost::json::object object;
            boost::mp11::mp_for_each<Members<T>>([&](auto member) {
                auto written = write(value.*member.pointer);
                if (written != write(defaults.*member.pointer))
                    object.emplace(member.name, std::move(written));
            });
            return object;
        }
    }

    static void read(const boost::json::value& from, std::string& text) { text = from.as_string(); }
    static void read(const boost::json::value& from, JsonText& text) {
        text = JsonText::trusted(std::string(from.as_string()));
    }
    static void read(const boost::json::value& from, JobId& id) {
        id = JobId::parse(std::string(from.as_string())).value();
    }
    static void read(const boost::json::value& from, Timestamp& time) {
        time = Timestamp(Duration(from.as_int64()));
    }
    template <typename T>
    static void read(const boost::json::value& from, std::optional<T>& value) {
        if (!from.is_null()) read(from, value.emplace());
    }
    template <typename T>
    static void read(const boost::json::value& from, std::vector<T>& values) {
        for (const boost::json::value& element : from.as_array())
            read(element, values.emplace_back());
    }
    template <typename T>
    static void read(const boost::json::value& from, T& value) {
        if constexpr (std::is_base_of_v<std::string, T>) {
            value = std::string(from.as_string());
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(from.to_number<int>());
        } else if constexpr (std::is_same_v<T, bool>) {
            value = from.as_bool();
        } else if constexpr (std::is_arithmetic_v<T>) {
            value = from.to_number<T>();
        } else if constexpr (std::is_base_of_v<Duration, T>) {
            value = Duration(from.as_int64());
        } else {
            boost::mp11::mp_for_each<Members<T>>([&](auto member) {
                if (const auto* found = from.as_object().if_contains(member.name))
                    read(*found, value.*member.pointer);
            });
        }
    }
};

} // namespace detail

ASYNCJOBS_INLINE std::string to_json(const StoreChanges& changes) {
    return boost::json::serialize(detail::RecordConversion::write(changes));
}

ASYNCJOBS_INLINE StoreChanges parse_store_changes(std::string_view json) {
    StoreChanges changes;
    try {
        detail::RecordConversion::read(boost::json::parse({json.data(), json.size()}), changes);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(Errc::invalid_payload, "not a record of changes: " + std::string(error.what()));
    }
    return changes;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
