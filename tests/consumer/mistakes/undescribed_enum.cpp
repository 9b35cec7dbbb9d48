// says: describe this one with BOOST_DESCRIBE_ENUM(Type, values)
#include "job.hpp"

enum class Colour { red };
struct Painted {
    static constexpr std::string_view type = "painted";
    Colour colour = Colour::red;
};
BOOST_DESCRIBE_STRUCT(Painted, (), (colour))

void mistake(asyncjobs::Executor& executor) {
    executor.handle<Painted>([](const Painted&) {});
}
