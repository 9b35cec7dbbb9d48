// says: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
#include "job.hpp"

struct Undescribed {
    static constexpr std::string_view type = "undescribed";
    int value = 0;
};

void mistake(asyncjobs::Executor& executor) {
    executor.handle<Undescribed>([](const Undescribed&) { return 1; });
}
