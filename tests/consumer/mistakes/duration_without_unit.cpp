// says: a duration is given with its unit: 30s, std::chrono::seconds{30}
#include "job.hpp"

void mistake(asyncjobs::Client& client) { client.submit({.type = "report", .timeout = 30}); }
