#include "sqlite/fault.hpp"

#include "sqlite/soci_sqlite3.hpp"

#include <doctest/doctest.h>

#include <cerrno>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

Errc fault_code(int result, Stage stage = Stage::working, int system_errno = 0) {
    return sqlite_fault(result, system_errno, stage, "").code;
}

TEST_CASE("a held lock of any kind is busy, and the session stays in use") {
    for (const int result : {SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_BUSY_RECOVERY, SQLITE_LOCKED,
                             SQLITE_LOCKED_SHAREDCACHE}) {
        CAPTURE(result);
        CHECK(fault_code(result) == Errc::store_busy);
        CHECK_FALSE(sqlite_fault(result, 0, Stage::working, "").session_is_lost);
    }
}

TEST_CASE("a full disk, quota or file size limit is full, also while committing") {
    for (const Stage stage : {Stage::working, Stage::committing}) {
        CHECK(fault_code(SQLITE_FULL, stage) == Errc::store_full);
        for (const int system_errno : {ENOSPC, EDQUOT, EFBIG}) {
            CAPTURE(system_errno);
            CHECK(fault_code(SQLITE_IOERR_WRITE, stage, system_errno) == Errc::store_full);
        }
    }
}

TEST_CASE(
    "an I/O error before the commit changes nothing, and at the commit the outcome is unknown") {
    CHECK(fault_code(SQLITE_IOERR_READ, Stage::working, EIO) == Errc::store_unavailable);
    CHECK(fault_code(SQLITE_IOERR_READ, Stage::committing, EIO) == Errc::unknown_outcome);
    CHECK(fault_code(SQLITE_IOERR_FSYNC, Stage::committing, EIO) == Errc::unknown_outcome);
}

TEST_CASE("a commit whose frames could not be written never happened") {
    CHECK(fault_code(SQLITE_IOERR_WRITE, Stage::committing, EIO) == Errc::store_unavailable);
}

TEST_CASE("a commit that could not be synced for want of space has an unknown outcome") {
    CHECK(fault_code(SQLITE_IOERR_FSYNC, Stage::committing, ENOSPC) == Errc::unknown_outcome);
}

TEST_CASE("a file that can't be opened or written may become accessible again") {
    for (const int result : {SQLITE_CANTOPEN, SQLITE_CANTOPEN_ISDIR, SQLITE_READONLY,
                             SQLITE_READONLY_DBMOVED, SQLITE_PERM, SQLITE_PROTOCOL}) {
        CAPTURE(result);
        CHECK(fault_code(result) == Errc::store_unavailable);
    }
}

TEST_CASE("damage and defects are not retryable, and the session is discarded") {
    for (const int result : {SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_NOTADB, SQLITE_ERROR,
                             SQLITE_CONSTRAINT_UNIQUE, SQLITE_SCHEMA, SQLITE_TOOBIG}) {
        CAPTURE(result);
        CHECK(fault_code(result) == Errc::store_failure);
        CHECK(sqlite_fault(result, 0, Stage::working, "").session_is_lost);
    }
}

} // namespace
