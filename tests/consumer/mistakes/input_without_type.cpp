// says: name the job's type in the struct that is its input
#include "job.hpp"

struct Nameless {
    int value = 0;
};
BOOST_DESCRIBE_STRUCT(Nameless, (), (value))

void mistake(asyncjobs::Client& client) { client.submit(Nameless{}, {.queue = "reports"}); }
