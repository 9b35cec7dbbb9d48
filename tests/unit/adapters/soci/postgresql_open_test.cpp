#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("the error for an absent PostgreSQL server names it without the password") {
    const std::string url = "postgresql://someone:s3cret@127.0.0.1:1/jobs";
    CHECK(code_of([&] { open_store(url); }) == Errc::store_unavailable);
    const auto message = message_of([&] { open_store(url); });
    CHECK(message.find("127.0.0.1") != message.npos);
    CHECK(message.find("s3cret") == message.npos);
    const std::string odd = "postgresql://someone:s3cret@[::1/jobs";
    CHECK(code_of([&] { open_store(odd); }) == Errc::invalid_argument);
    CHECK(message_of([&] { open_store(odd); }).find("s3cret") == std::string::npos);
    CHECK(message_of([&] { open_store("postgresql://h/db?frobnicate=1"); }).find("frobnicate") !=
          std::string::npos);
    CHECK(code_of([&] { open_store("postgresql://h/db?synchronous_commit=maybe"); }) ==
          Errc::invalid_argument);
    CHECK(message_of([&] {
              open_store("postgresql://h/db?pooling=maybe");
          }).find("pooling is \"maybe\", but must be session or transaction") != std::string::npos);
    CHECK(code_of([&] { open_store("postgresql://h/db?pooling=transaction&listen=on"); }) ==
          Errc::invalid_argument);
}

} // namespace
