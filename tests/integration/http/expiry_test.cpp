#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

/// Of ann's, as the store's sweep leaves it.
JobId expired_job(ServedApi& served) {
    const auto id =
        served.client.submit(NewJob{.type = "note", .owner = "ann", .retention = Duration::zero()})
            .id;
    served.complete();
    if (served.store.purge(10) != 1) throw std::runtime_error("the job has not expired");
    return id;
}

} // namespace

TEST_CASE("an expired job is 410 for its owner, whatever is asked of it") {
    ServedApi served;
    const auto id = expired_job(served);
    for (const std::string line : {"GET ", "HEAD ", "DELETE ", "GET /events", "GET /result",
                                   "POST /cancel", "POST /retry"}) {
        CAPTURE(line);
        const auto method = line.substr(0, line.find(' ') + 1);
        const auto response = served.ask(method + path_of(id, line.substr(method.size())));
        CHECK(response.status == 410);
        if (method != "HEAD ") CHECK(text_at(json_of(response), "code") == "gone");
    }
}

TEST_CASE("an expired job never was for anybody else") {
    ServedApi served;
    const auto id = expired_job(served);
    const auto unknown = served.client.make_id();
    CHECK(served.ask("GET " + path_of(id), "bob").status == 404);
    CHECK(served.ask("GET " + path_of(id), "bob").body.size() ==
          served.ask("GET " + path_of(unknown), "bob").body.size());
    CHECK(served.ask("GET " + path_of(unknown)).status == 404);
}
