#include "mysql/fault.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

Fault working(unsigned error, std::string_view text = {}) {
    return mysql_fault(error, Stage::working, text);
}
Fault committing(unsigned error) { return mysql_fault(error, Stage::committing, {}); }

TEST_CASE("another MySQL transaction's lock is store_busy, and the session stays") {
    for (const unsigned error : {1205u, 3572u, 1206u}) {
        CHECK(working(error).code == Errc::store_busy);
        CHECK_FALSE(working(error).session_is_lost);
        CHECK_FALSE(working(error).is_worth_repeating);
    }
}

TEST_CASE("a MySQL transaction that the server rolled back is worth a retry") {
    for (const unsigned deadlock_or_changed_row : {1213u, 1020u}) {
        CAPTURE(deadlock_or_changed_row);
        CHECK(working(deadlock_or_changed_row).code == Errc::store_busy);
        CHECK(working(deadlock_or_changed_row).is_worth_repeating);
        CHECK(committing(deadlock_or_changed_row).code == Errc::store_busy);
        CHECK(committing(deadlock_or_changed_row).is_worth_repeating);
    }
}

TEST_CASE("the outcome is unknown only if a MySQL connection is lost at the commit") {
    for (const unsigned error : {1053u, 1927u, 2002u, 2003u, 2006u, 2013u, 2055u, 4031u}) {
        CAPTURE(error);
        CHECK(working(error).code == Errc::store_unavailable);
        CHECK(working(error).session_is_lost);
        CHECK(working(error).is_worth_repeating);
        CHECK(committing(error).code == Errc::unknown_outcome);
        CHECK(committing(error).session_is_lost);
        CHECK_FALSE(committing(error).is_worth_repeating);
    }
}

TEST_CASE("the outcome of an interrupted or failed MySQL commit is unknown") {
    CHECK(committing(1317).code == Errc::unknown_outcome);
    CHECK(committing(1969).code == Errc::unknown_outcome);
    CHECK(committing(1180).code == Errc::unknown_outcome);
    CHECK(working(1317).code == Errc::store_busy);
}

TEST_CASE("a MySQL server without space is store_full, and one without free connections "
          "store_unavailable") {
    CHECK(working(1114).code == Errc::store_full);
    CHECK(working(1021).code == Errc::store_full);
    CHECK(working(1030, "Got error 28 \"No space left on device\" from storage engine").code ==
          Errc::store_full);
    CHECK(working(1030, "Got error 168 from storage engine").code == Errc::store_unavailable);
    CHECK(working(1040).code == Errc::store_unavailable);
    CHECK(working(1290).code == Errc::store_unavailable);
    CHECK(working(1836).code == Errc::store_unavailable);
}

TEST_CASE("a value too large for MySQL is an invalid payload") {
    CHECK(working(1153).code == Errc::invalid_payload);
    CHECK(working(2020).code == Errc::invalid_payload);
}

TEST_CASE("a key that another MySQL transaction took first is worth a retry") {
    const Fault fault = mysql_fault(1062, Stage::working, "");
    CHECK(fault.code == Errc::store_busy);
    CHECK(fault.is_worth_repeating);
}

TEST_CASE(
    "the text of a MySQL fault contains nothing of the server's message, which quotes values") {
    const Fault fault = working(1064, "You have an error in your SQL syntax near 'secret'");
    CHECK(fault.code == Errc::store_failure);
    CHECK(fault.message.find("secret") == std::string::npos);
    CHECK(fault.message.find("1064") != std::string::npos);
}

} // namespace
