#include <asyncjobs/files/durable_file.hpp>

#include "scratch_directory.hpp"
#include "unit/examples/report_server/file_size_limit.hpp"

#include <doctest/doctest.h>

#include <system_error>

using namespace asyncjobs::files;
using namespace report_server::testing;

TEST_SUITE("durable file") {
    TEST_CASE("replaces the previous content") {
        const ScratchDirectory directory;
        write_file(with_content(directory / "file", "something longer"), "short");
        CHECK(content_of(directory / "file") == "short");
    }

    TEST_CASE("a failed write leaves no file") {
        const ScratchDirectory directory;
        const std::string content(10'000, 'x');
        bool failed = false;
        {
            const FileSizeLimit limit{4096};
            try {
                write_file(directory / "file", content);
            } catch (const std::system_error& error) {
                failed = error.code() == std::errc::file_too_large;
            }
        }
        CHECK(failed);
        CHECK(directory.file_count() == 0);
    }

    TEST_CASE("a published file replaces its predecessor") {
        const ScratchDirectory directory;
        with_content(directory / "target", "old");
        publish_file(with_content(directory / "draft", "new"), directory / "target");
        CHECK(content_of(directory / "target") == "new");
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE("a missing file can't be published") {
        const ScratchDirectory directory;
        CHECK_THROWS_AS(publish_file(directory / "draft", directory / "target"), std::system_error);
    }
}
