// says: from several threads, so not mutable
#include "job.hpp"

void mistake(asyncjobs::Executor& executor) {
    executor.handle<Report>([count = 0](const Report&) mutable { return ++count; });
}
