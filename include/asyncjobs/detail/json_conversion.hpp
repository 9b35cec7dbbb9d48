#pragma once

#include <asyncjobs/json.hpp>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail {

template <typename T, template <typename...> typename Template>
inline constexpr bool is_a = false;
template <template <typename...> typename Template, typename... Args>
inline constexpr bool is_a<Template<Args...>, Template> = true;

template <typename T>
inline constexpr bool is_duration = false;
template <typename Rep, typename Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

template <typename T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

/// Where a reading is in the document, and what it found.
struct Reading {
    std::string pointer = {};
    UnknownMembers unknown = UnknownMembers::ignore;
    Mismatches mismatches = {};

    void expected(std::string_view what) {
        mismatches.push_back({pointer, "expected " + std::string(what)});
    }
};

/// Adds one more token to a JSON pointer.
ASYNCJOBS_DECL void append_token(std::string& pointer, std::string_view token);

/// Steps into a member or element for the time of its life.
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

/// Serialized without a check that a JsonText makes anyway.
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

template <typename T>
void read_value(Reading& in, const boost::json::value& value, T& out) {
    if constexpr (std::same_as<T, boost::json::value>) {
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
        if (!value.is_null()) read_value(in, value, out.emplace());
    } else if constexpr (is_a<T, std::vector>) {
        const auto* array = value.if_array();
        if (!array) return in.expected("an array");
        out.clear();
        out.reserve(array->size());
        for (const auto& element : *array) {
            const Step step(in, std::to_string(out.size()));
            typename T::value_type item{};
            read_value(in, element, item);
            out.push_back(std::move(item));
        }
    } else if constexpr (is_a<T, std::map>) {
        const auto* object = value.if_object();
        if (!object) return in.expected("an object");
        out.clear();
        for (const auto& [key, element] : *object) {
            const Step step(in, std::string_view(key.data(), key.size()));
            read_value(in, element, out[std::string(key)]);
        }
    } else if constexpr (std::is_enum_v<T>) {
        read_enum(in, value, out);
    } else {
        static_assert(Described<T>, "describe this type with BOOST_DESCRIBE_STRUCT");
        read_struct(in, value, out);
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
    } else if constexpr (is_a<T, std::vector>) {
        boost::json::array array;
        array.reserve(value.size());
        for (const auto& element : value) array.push_back(write_value(element));
        return array;
    } else if constexpr (is_a<T, std::map>) {
        boost::json::object object;
        for (const auto& [key, element] : value) object.emplace(key, write_value(element));
        return object;
    } else if constexpr (std::is_enum_v<T>) {
        const char* name = boost::describe::enum_to_string(value, nullptr);
        if (!name) throw Error(Errc::invalid_payload, "an enum's value has no name");
        return boost::json::string(name);
    } else {
        static_assert(Described<T>, "describe this type with BOOST_DESCRIBE_STRUCT");
        return write_struct(value);
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
    T out{};
    if (const auto mismatches = read(to_value(text), out, unknown); !mismatches.empty())
        detail::throw_mismatches(mismatches);
    return out;
}

template <typename T>
JsonText serialize(const T& value) {
    return detail::to_text(detail::write_value(value));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json
