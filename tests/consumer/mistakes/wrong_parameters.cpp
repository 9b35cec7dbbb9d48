// says: a handler is called as handler(input) or handler(input, progress)
#include "job.hpp"

void mistake(asyncjobs::Executor& executor) {
    executor.handle<Report>([](asyncjobs::ProgressReporter&, const Report&) { return 1; });
}
