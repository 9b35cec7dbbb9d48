#include "job.hpp"

#include <asyncjobs/json_schema.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

using asyncjobs::JsonText;
namespace json = asyncjobs::json;

namespace mistake_1 {
struct Inner {};
struct Outer {
    static constexpr std::string_view type = "outer";
    std::vector<Inner> inner;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (inner))
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void submit(asyncjobs::Client& client) { client.submit(Outer{}); }
} // namespace mistake_1

namespace mistake_2 {
enum class Colour { red };
struct Painted {
    static constexpr std::string_view type = "painted";
    Colour colour = Colour::red;
};
BOOST_DESCRIBE_STRUCT(Painted, (), (colour))
// remedy: describe this one with BOOST_DESCRIBE_ENUM(Type, values)
void handle(asyncjobs::Executor& executor) {
    executor.handle<Painted>([](const Painted&) {});
}
} // namespace mistake_2

namespace mistake_3 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
JsonText write() { return json::serialize(Undescribed{}); }
} // namespace mistake_3

namespace mistake_4 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void read(const JsonText& text) { json::parse<Undescribed>(text); }
} // namespace mistake_4

namespace mistake_5 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
JsonText describe() { return json::schema_of_serialized<Undescribed>(); }
} // namespace mistake_5

namespace mistake_6 {
struct Inner {};
// remedy: the keys of a map are std::string
JsonText write() { return json::serialize(std::map<int, Inner>{}); }
} // namespace mistake_6

namespace mistake_7 {
struct Owner {
    std::unique_ptr<int> value;
};
BOOST_DESCRIBE_STRUCT(Owner, (), (value))
// remedy: one value or none into std::optional, several into std::vector
void read(const JsonText& text) { json::parse<Owner>(text); }
} // namespace mistake_7

namespace mistake_8 {
struct View {
    std::string_view text;
};
BOOST_DESCRIBE_STRUCT(View, (), (text))
// remedy: JSON is read into what holds its values: text into std::string
void read(const JsonText& text) { json::parse<View>(text); }
} // namespace mistake_8

namespace mistake_9 {
struct Dated {
    std::chrono::system_clock::time_point at;
};
BOOST_DESCRIBE_STRUCT(Dated, (), (at))
// remedy: a time in JSON is an asyncjobs::Timestamp
void read(const JsonText& text) { json::parse<Dated>(text); }
} // namespace mistake_9

namespace mistake_10 {
struct Fixed {
    const int value = 0;
};
BOOST_DESCRIBE_STRUCT(Fixed, (), (value))
// remedy: a member that is read from JSON is not const
void read(const JsonText& text) { json::parse<Fixed>(text); }
} // namespace mistake_10

namespace mistake_11 {
struct Made {
    explicit Made(int made) : value(made) {}
    static constexpr std::string_view type = "made";
    int value;
};
BOOST_DESCRIBE_STRUCT(Made, (), (value))
// remedy: give it a default constructor, or its members initialisers
void handle(asyncjobs::Executor& executor) {
    executor.handle<Made>([](const Made&) {});
}
} // namespace mistake_11

namespace mistake_12 {
template <int>
struct Made {
    explicit Made(int made) : value(made) {}
    int value;
};
using One = Made<1>;
using Two = Made<2>;
using Three = Made<3>;
BOOST_DESCRIBE_STRUCT(One, (), (value))
BOOST_DESCRIBE_STRUCT(Two, (), (value))
BOOST_DESCRIBE_STRUCT(Three, (), (value))
struct Holder {
    std::vector<One> several;
    std::optional<Two> perhaps;
    std::map<std::string, Three> named;
};
BOOST_DESCRIBE_STRUCT(Holder, (), (several, perhaps, named))
// remedy: give it a default constructor, or its members initialisers
// remedy: give it a default constructor, or its members initialisers
// remedy: give it a default constructor, or its members initialisers
void read(const JsonText& text) { json::parse<Holder>(text); }
} // namespace mistake_12
