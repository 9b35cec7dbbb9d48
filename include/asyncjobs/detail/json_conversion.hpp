#pragma once

#include <asyncjobs/detail/json_kinds.hpp>
#include <asyncjobs/json.hpp>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <exception>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail {

template <typename T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

/// Adds a mismatch, unless there are more than most_mismatches already. A longer pointer than this
/// is shortened to an enclosing place.
inline constexpr std::size_t longest_pointer = 256; ///< bytes
ASYNCJOBS_DECL void add_mismatch(Mismatches& mismatches, std::string_view pointer,
                                 std::string detail);

/// Values inside a variant that do not fit an alternative of a nested variant. Each is tried once,
/// however many alternatives around it lead there: otherwise nested variants would double the work
/// with each level.
using FailedTrials =
    std::set<std::tuple<const boost::json::value*, std::type_index, std::size_t /*alternative*/>>;

/// The position of a reader in the document, and its findings.
struct Reading {
    std::string pointer = {};
    UnknownMembers unknown = UnknownMembers::ignore;
    FailedTrials* failed = nullptr; ///< of the outermost variant being read
    Mismatches mismatches = {};

    void found(std::string detail) { add_mismatch(mismatches, pointer, std::move(detail)); }
    void expected(std::string_view what) { found("expected " + std::string(what)); }
    /// The rest can be skipped.
    bool is_full() const noexcept { return mismatches.size() > most_mismatches; }
};

/// Appends a token to a JSON pointer.
ASYNCJOBS_DECL void append_token(std::string& pointer, std::string_view token);

/// Steps into a member or element for its lifetime.
class ASYNCJOBS_DECL Step {
public:
    Step(Reading& reading, std::string_view token);
    ~Step() { reading_.pointer.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

private:
    Reading& reading_;
    std::size_t length_;
};

ASYNCJOBS_DECL void read_bool(Reading&, const boost::json::value&, bool& out);
ASYNCJOBS_DECL void read_string(Reading&, const boost::json::value&, std::string& out);
ASYNCJOBS_DECL void read_double(Reading&, const boost::json::value&, double& out);
ASYNCJOBS_DECL void read_timestamp(Reading&, const boost::json::value&, Timestamp& out);
ASYNCJOBS_DECL void refuse_unknown(Reading&, const boost::json::object&,
                                   const std::vector<std::string_view>& known);

/// Serializes without a check that JsonText performs anyway.
ASYNCJOBS_DECL JsonText to_text(const boost::json::value&);

template <typename T>
void read_value(Reading& in, const boost::json::value& value, T& out);

template <std::integral T>
void read_integer(Reading& in, const boost::json::value& value, T& out) {
    boost::system::error_code error;
    const T number = value.is_number() ? value.to_number<T>(error) : T{};
    if (!value.is_number())
        in.expected("a whole number");
    else if (error)
        in.expected("a whole number from " + std::to_string(std::numeric_limits<T>::min()) +
                    " to " + std::to_string(std::numeric_limits<T>::max()));
    else
        out = number;
}

template <typename T>
void read_enum(Reading& in, const boost::json::value& value, T& out) {
    if (value.is_string() &&
        boost::describe::enum_from_string(std::string(value.get_string()).c_str(), out))
        return;
    std::string names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
        names += (names.empty() ? "\"" : ", \"") + std::string(enumerator.name) + "\"";
    });
    in.expected("one of " + names);
}

template <Described T>
void read_struct(Reading& in, const boost::json::value& value, T& out) {
    const auto* object = value.if_object();
    if (!object) return in.expected("an object");
    std::vector<std::string_view> known;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        known.push_back(member.name);
        if (const auto* found = object->if_contains(member.name)) {
            const Step step(in, member.name);
            read_value(in, *found, out.*member.pointer);
        }
    });
    if (in.unknown == UnknownMembers::refuse) refuse_unknown(in, *object, known);
}

/// Uses the host's own conversion; empty if it throws.
template <ReadByHost T>
std::optional<T> converted_by_host(Reading& in, const boost::json::value& value) {
    try {
        return tag_invoke(boost::json::value_to_tag<T>(), value);
    } catch (const std::exception& error) {
        in.found(error.what());
        return std::nullopt;
    }
}

template <Collection T>
void read_collection(Reading& in, const boost::json::array& array, T& out) {
    out.clear();
    std::size_t index = 0;
    for (const auto& element : array) {
        if (in.is_full()) return;
        const Step step(in, std::to_string(index++));
        auto item = made_empty<typename T::value_type>();
        read_value(in, element, item);
        out.insert(out.end(), std::move(item));
    }
}

template <Dictionary T>
void read_dictionary(Reading& in, const boost::json::value& value, T& out) {
    const auto* object = value.if_object();
    if (!object) return in.expected("an object");
    out.clear();
    for (const auto& [key, element] : *object) {
        if (in.is_full()) return;
        const Step step(in, std::string_view(key.data(), key.size()));
        if constexpr (require_default<typename T::mapped_type>())
            read_value(in, element, out[std::string(key)]);
    }
}

template <typename T, std::size_t size>
void read_array(Reading& in, const boost::json::value& value, std::array<T, size>& out) {
    const auto* array = value.if_array();
    if (!array || array->size() != size)
        return in.expected("an array of " + std::to_string(size) + " elements");
    for (std::size_t i = 0; i < size; ++i) {
        const Step step(in, std::to_string(i));
        read_value(in, (*array)[i], out[i]);
    }
}

/// Adds a broken rule, unless there are too many to read.
ASYNCJOBS_DECL void add_rule(std::string& rules, std::string_view pointer, std::string_view detail);

/// Whether `value` fits the alternative; if not, adds its mismatches to `rules`, unless they are
/// known.
template <std::size_t index, typename T>
bool read_alternative(const Reading& in, const boost::json::value& value, FailedTrials& failed,
                      T& out, std::string& rules) {
    const FailedTrials::value_type key(&value, typeid(T), index);
    if (in.failed && failed.contains(key)) return false;
    Reading trial{.pointer = in.pointer, .unknown = in.unknown, .failed = &failed};
    auto item = made_empty<std::variant_alternative_t<index, T>>();
    read_value(trial, value, item);
    if (trial.mismatches.empty()) {
        out.template emplace<index>(std::move(item));
        return true;
    }
    const auto& [pointer, detail] = trial.mismatches.front();
    const auto from = std::min(in.pointer.size(), pointer.size());
    add_rule(rules, std::string_view(pointer).substr(from), detail);
    if (in.failed) failed.insert(key);
    return false;
}

template <typename T>
void read_variant(Reading& in, const boost::json::value& value, T& out) {
    FailedTrials own;
    FailedTrials& failed = in.failed ? *in.failed : own;
    std::string rules;
    const bool fits = [&]<std::size_t... index>(std::index_sequence<index...>) {
        return (read_alternative<index>(in, value, failed, out, rules) || ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>());
    if (!fits) in.found(rules.empty() ? "fits no alternative" : std::move(rules));
}

template <typename T>
void read_value(Reading& in, const boost::json::value& value, T& out) {
    if constexpr (std::is_const_v<T>) {
        require_convertible<T>();
    } else if constexpr (std::same_as<T, boost::json::value>) {
        out = value;
    } else if constexpr (std::same_as<T, JsonText>) {
        out = to_text(value);
    } else if constexpr (std::same_as<T, bool>) {
        read_bool(in, value, out);
    } else if constexpr (std::integral<T>) {
        read_integer(in, value, out);
    } else if constexpr (std::floating_point<T>) {
        constexpr auto most = static_cast<double>(std::numeric_limits<T>::max());
        double number = static_cast<double>(out);
        read_double(in, value, number);
        if (std::abs(number) <= most)
            out = static_cast<T>(number);
        else
            in.expected("a number in range");
    } else if constexpr (std::same_as<T, std::string>) {
        read_string(in, value, out);
    } else if constexpr (std::same_as<T, Timestamp>) {
        read_timestamp(in, value, out);
    } else if constexpr (is_duration<T>) {
        using Seconds = std::chrono::duration<double>;
        double seconds = Seconds(out).count();
        read_double(in, value, seconds);
        if (std::abs(seconds) >= Seconds(T::max()).count())
            in.expected("a number of seconds in range");
        else if constexpr (std::chrono::treat_as_floating_point_v<typename T::rep>)
            out = std::chrono::duration_cast<T>(Seconds(seconds));
        else
            out = std::chrono::round<T>(Seconds(seconds));
    } else if constexpr (is_a<T, std::optional>) {
        out.reset();
        if (!value.is_null())
            read_value(in, value, out.emplace(made_empty<typename T::value_type>()));
    } else if constexpr (std::same_as<T, std::monostate>) {
        if (!value.is_null()) in.expected("null");
    } else if constexpr (is_a<T, std::variant>) {
        read_variant(in, value, out);
    } else if constexpr (is_array<T>) {
        read_array(in, value, out);
    } else if constexpr (PathLike<T>) {
        std::string text;
        read_string(in, value, text);
        out = T(std::u8string(text.begin(), text.end()));
    } else if constexpr (ReadByHost<T>) {
        if (auto converted = converted_by_host<T>(in, value)) out = *std::move(converted);
    } else if constexpr (DescribedEnum<T>) {
        read_enum(in, value, out);
    } else if constexpr (Described<T>) {
        read_struct(in, value, out);
    } else if constexpr (Dictionary<T>) {
        read_dictionary(in, value, out);
    } else if constexpr (Collection<T>) {
        if (const auto* array = value.if_array())
            read_collection(in, *array, out);
        else
            in.expected("an array");
    } else {
        require_convertible<T>();
    }
}

template <typename T>
boost::json::value write_value(const T& value);

template <Described T>
boost::json::object write_struct(const T& value) {
    boost::json::object object;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        const auto& field = value.*member.pointer;
        if constexpr (is_a<std::remove_cvref_t<decltype(field)>, std::optional>) {
            if (field) object.emplace(member.name, write_value(*field));
        } else {
            object.emplace(member.name, write_value(field));
        }
    });
    return object;
}

template <std::ranges::range T>
boost::json::array write_array(const T& value) {
    boost::json::array array;
    array.reserve(std::ranges::size(value));
    for (const auto& element : value) array.push_back(write_value(element));
    return array;
}

template <typename T>
boost::json::value write_value(const T& value) {
    if constexpr (std::same_as<T, boost::json::value> || std::same_as<T, bool> ||
                  std::integral<T>) {
        return value;
    } else if constexpr (std::same_as<T, JsonText>) {
        return to_value(value);
    } else if constexpr (std::floating_point<T>) {
        if (!std::isfinite(value)) throw Error(Errc::invalid_payload, "a number is not finite");
        return static_cast<double>(value);
    } else if constexpr (std::same_as<T, std::string>) {
        return boost::json::string(value);
    } else if constexpr (std::same_as<T, Timestamp>) {
        return boost::json::string(to_rfc3339(value));
    } else if constexpr (is_duration<T>) {
        return std::chrono::duration<double>(value).count();
    } else if constexpr (is_a<T, std::optional>) {
        return value ? write_value(*value) : boost::json::value(nullptr);
    } else if constexpr (std::same_as<T, std::monostate>) {
        return nullptr;
    } else if constexpr (is_a<T, std::variant>) {
        return std::visit([](const auto& held) { return write_value(held); }, value);
    } else if constexpr (is_array<T>) {
        return write_array(value);
    } else if constexpr (PathLike<T>) {
        const std::u8string text = value.u8string();
        return boost::json::string(text.begin(), text.end());
    } else if constexpr (WrittenByHost<T>) {
        boost::json::value out;
        tag_invoke(boost::json::value_from_tag(), out, value);
        return out;
    } else if constexpr (DescribedEnum<T>) {
        const char* name = boost::describe::enum_to_string(value, nullptr);
        if (!name) throw Error(Errc::invalid_payload, "an enum's value has no name");
        return boost::json::string(name);
    } else if constexpr (Described<T>) {
        return write_struct(value);
    } else if constexpr (Dictionary<T>) {
        boost::json::object object;
        for (const auto& [key, element] : value) object.emplace(key, write_value(element));
        return object;
    } else if constexpr (Collection<T>) {
        return write_array(value);
    } else {
        require_convertible<T>();
        return nullptr;
    }
}

[[noreturn]] ASYNCJOBS_DECL void throw_mismatches(const Mismatches&);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

template <typename T>
Mismatches read(const boost::json::value& value, T& out, UnknownMembers unknown) {
    detail::Reading reading{.unknown = unknown};
    detail::read_value(reading, value, out);
    return std::move(reading.mismatches);
}

template <typename T>
T parse(const JsonText& text, UnknownMembers unknown) {
    auto out = detail::made_empty<T>();
    if (const auto mismatches = read(to_value(text), out, unknown); !mismatches.empty())
        detail::throw_mismatches(mismatches);
    return out;
}

template <typename T>
JsonText serialize(const T& value) {
    return detail::to_text(detail::write_value(value));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json
