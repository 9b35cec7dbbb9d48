#pragma once

#include <asyncjobs/json.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <exception>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

/// The kinds of types that json.hpp converts, in the order in which they are tried.
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
inline constexpr bool is_array = false;
template <typename T, std::size_t size>
inline constexpr bool is_array<std::array<T, size>> = true;

/// Types with the host's own conversion, found as Boost.JSON finds it. Boost.JSON converts some
/// standard types itself, so these are tried first.
template <typename T>
concept ReadByHost = requires(const boost::json::value& value) {
    { tag_invoke(boost::json::value_to_tag<T>(), value) } -> std::same_as<T>;
};
template <typename T>
concept WrittenByHost = requires(boost::json::value& out, const T& value) {
    tag_invoke(boost::json::value_from_tag(), out, value);
};

/// std::filesystem::path, without its header.
template <typename T>
concept PathLike = requires(const T& path) {
    { path.u8string() } -> std::same_as<std::u8string>;
    { path.lexically_normal() } -> std::same_as<T>;
};

template <typename T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

/// Keys are strings: std::map, std::unordered_map.
template <typename T>
concept Dictionary = std::same_as<typename T::key_type, std::string> &&
    requires(T& to, const std::string& key) {
    { to[key] } -> std::same_as<typename T::mapped_type&>;
};

/// Grows by insertion: std::vector, std::deque, std::set, std::unordered_set.
template <typename T>
concept Collection = std::ranges::range<const T> && !requires {
    typename T::mapped_type;
}
&&requires(T& to, typename T::value_type item) { to.insert(to.end(), std::move(item)); };

/// Refers to data that it does not own: pointers, std::unique_ptr, std::string_view, std::span.
template <typename T>
concept Referring = std::is_pointer_v<T> || std::convertible_to<T, std::string_view> || requires {
    typename T::element_type;
};

template <typename T>
inline constexpr bool is_time_point = false;
template <typename Clock, typename Span>
inline constexpr bool is_time_point<std::chrono::time_point<Clock, Span>> = true;

/// Fails to compile, with the remedy, for types of none of these kinds.
template <typename T>
constexpr void require_convertible() {
    constexpr bool is_convertible = !std::same_as<T, T>; // false, but only once T is known
    if constexpr (std::is_const_v<T>)
        static_assert(is_convertible, "a member that is read from JSON is not const");
    else if constexpr (std::is_enum_v<T>)
        static_assert(is_convertible, "asyncjobs writes enums by name: describe this one with "
                                      "BOOST_DESCRIBE_ENUM(Type, values)");
    else if constexpr (is_time_point<T>)
        static_assert(is_convertible, "a time in JSON is an asyncjobs::Timestamp");
    else if constexpr (Referring<T>)
        static_assert(is_convertible,
                      "JSON is read into what holds its values: text into std::string, one value "
                      "or none into std::optional, several into std::vector");
    else
        static_assert(is_convertible,
                      "asyncjobs has no JSON conversion for this type: describe a struct with "
                      "BOOST_DESCRIBE_STRUCT(Type, (), (members)), or write tag_invoke for it with "
                      "boost::json::value_from_tag and boost::json::value_to_tag; the keys of a "
                      "map are std::string");
}

/// Fails to compile, with the remedy, for types that can't be default-constructed before they are
/// read.
template <typename T>
constexpr bool require_default() {
    static_assert(std::default_initializable<T>,
                  "what is read from JSON is made first, and then its members are read: give it a "
                  "default constructor, or its members initialisers");
    return std::default_initializable<T>;
}

/// `T{}`, with a remedy if that does not compile.
template <typename T>
T made_empty() {
    if constexpr (require_default<T>())
        return T{};
    else
        std::terminate();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail
