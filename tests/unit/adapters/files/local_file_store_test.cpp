#include "file_store.hpp"

#include "file_key.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

using namespace report_server;
using namespace report_server::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* some_key = "0123456789abcdefghjkmnpqrs.csv";

struct Store {
    ScratchDirectory directory;
    FileStore files{directory.path()};
};

FileStore::Writer writing(std::string content) {
    return [content = std::move(content)](const std::filesystem::path& file) {
        with_content(file, content);
    };
}

void age(const std::filesystem::path& file, std::chrono::seconds by) {
    std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - by);
}

} // namespace

TEST_SUITE("file store") {
    TEST_CASE_FIXTURE(Store, "a created file is found under its new key") {
        const StoredFile stored = files.create("csv", writing("hello"));
        CHECK(is_file_key(stored.key));
        CHECK(stored.size_bytes == 5);
        const auto found = files.find(stored.key);
        REQUIRE(found);
        CHECK(found->size_bytes == 5);
        CHECK(content_of(found->path) == "hello");
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE_FIXTURE(Store, "replacing a key leaves one file, the later one") {
        files.replace(some_key, writing("first"));
        const StoredFile stored = files.replace(some_key, writing("second"));
        CHECK(stored.key == some_key);
        CHECK(content_of(files.find(some_key)->path) == "second");
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE_FIXTURE(Store, "the earlier file stays whole while its successor is written") {
        files.replace(some_key, writing("first"));
        std::string seen;
        files.replace(some_key, [&](const std::filesystem::path& file) {
            with_content(file, "half");
            seen = content_of(files.find(some_key)->path);
        });
        CHECK(seen == "first");
    }

    TEST_CASE_FIXTURE(Store, "a writer that fails stores nothing and keeps the earlier file") {
        files.replace(some_key, writing("first"));
        struct Failure {};
        CHECK_THROWS_AS(files.replace(some_key,
                                      [](const std::filesystem::path& file) {
                                          with_content(file, "half");
                                          throw Failure{};
                                      }),
                        Failure);
        CHECK(content_of(files.find(some_key)->path) == "first");
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE_FIXTURE(Store, "a writer that writes no file is an error") {
        CHECK_THROWS_AS(files.create("csv", [](const std::filesystem::path&) {}),
                        std::runtime_error);
        CHECK(directory.file_count() == 0);
    }

    TEST_CASE_FIXTURE(Store, "what is no key finds, removes and stores nothing") {
        with_content(directory / "secret", "x");
        std::filesystem::create_directory(directory / "inner");
        const std::string inner_key = std::string{"inner/"} + some_key;
        with_content(directory / inner_key, "x");
        for (const std::string& text :
             {std::string{}, std::string{"secret"}, std::string{"."}, std::string{".."}, inner_key,
              "./" + std::string{some_key}, "../" + directory.path().filename().string()}) {
            CAPTURE(text);
            CHECK_FALSE(files.find(text));
            CHECK_FALSE(files.remove(text));
            CHECK_THROWS_AS(files.replace(text, writing("y")), std::invalid_argument);
        }
        CHECK(content_of(directory / "secret") == "x");
        CHECK_THROWS_AS(files.create("../x", writing("y")), std::invalid_argument);
    }

    TEST_CASE_FIXTURE(Store, "follows no link out of its directory") {
        const ScratchDirectory outside;
        std::filesystem::create_symlink(with_content(outside / "passwords", "x"),
                                        directory / some_key);
        CHECK_FALSE(files.find(some_key));
        CHECK_FALSE(files.remove(some_key));
    }

    TEST_CASE_FIXTURE(Store, "a removed file is gone") {
        const std::string key = files.create("csv", writing("hello")).key;
        CHECK(files.remove(key));
        CHECK_FALSE(files.find(key));
        CHECK_FALSE(files.remove(key));
    }

    TEST_CASE_FIXTURE(Store, "removes the files above an age, and no stranger's") {
        const std::string old_key = files.create("csv", writing("old")).key;
        const std::string new_key = files.create("csv", writing("new")).key;
        with_content(directory / ".secret", "x");
        age(directory / old_key, 25h);
        age(directory / ".secret", 1000h);
        CHECK(files.remove_older_than(24h) == 1);
        CHECK_FALSE(files.find(old_key));
        CHECK(files.find(new_key));
        CHECK(std::filesystem::exists(directory / ".secret"));
    }

    TEST_CASE_FIXTURE(Store, "a new store sweeps the temporary files that a dead process left") {
        std::filesystem::path stale;
        std::filesystem::path fresh;
        const std::string key =
            files
                .create("csv",
                        [&](const std::filesystem::path& file) {
                            with_content(file, "done");
                            stale = file.string().substr(0, file.string().size() - 5) + "0.csv";
                            fresh = file.string().substr(0, file.string().size() - 5) + "1.csv";
                        })
                .key;
        age(with_content(stale, "half"), 2h);
        age(with_content(fresh, "half"), 10min);
        age(directory / key, 2h);

        const FileStore restarted{directory.path(), {.stale_after = 1h}};
        CHECK_FALSE(std::filesystem::exists(stale));
        CHECK(std::filesystem::exists(fresh));
        CHECK(restarted.find(key));
    }

    TEST_CASE("creates its directory for its owner only") {
        const ScratchDirectory parent;
        const FileStore files{parent / "deep/files"};
        const auto permissions = std::filesystem::status(parent / "deep/files").permissions();
        CHECK(permissions == std::filesystem::perms::owner_all);
    }
}
