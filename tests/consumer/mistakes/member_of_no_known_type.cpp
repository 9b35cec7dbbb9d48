// says: asyncjobs has no JSON conversion for this type: describe a struct with
// BOOST_DESCRIBE_STRUCT
#include "job.hpp"

struct Inner {};
struct Outer {
    static constexpr std::string_view type = "outer";
    std::vector<Inner> inner;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (inner))

void mistake(asyncjobs::Client& client) { client.submit(Outer{}); }
