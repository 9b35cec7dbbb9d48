#include "needs.hpp"
#include "served_reports.hpp"

#include <doctest/doctest.h>

TEST_CASE("January 2011 of the real orders adds up" * needs_orders) {
    Server server({"--orders", needs_orders.value()});
    auto client = server.client();
    const auto file = client.download(client.wait(client.submit(january)));
    CHECK(file.body.ends_with("\nTOTAL,1476,35147,308966,560000.26\n"));
}
