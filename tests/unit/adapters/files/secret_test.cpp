#include <asyncjobs/files/secret.hpp>

#include "scratch_directory.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>
#include <support/crypto.hpp>

#include <algorithm>
#include <latch>
#include <thread>
#include <vector>

using namespace asyncjobs::files;

namespace {

Secret secret_of(std::string_view key) {
    Secret secret;
    std::copy(key.begin(), key.end(), secret.bytes.begin());
    return secret;
}

} // namespace

TEST_SUITE("secret") {
    TEST_CASE("is created once, for its owner only, and read afterwards") {
        const ScratchDirectory directory;
        const auto first = load_or_create_secret(directory / ".secret");
        CHECK(load_or_create_secret(directory / ".secret").bytes == first.bytes);
        CHECK(std::filesystem::file_size(directory / ".secret") == 32);
        CHECK(std::filesystem::status(directory / ".secret").permissions() ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE("differs between servers") {
        const ScratchDirectory directory;
        CHECK(load_or_create_secret(directory / "one").bytes !=
              load_or_create_secret(directory / "two").bytes);
    }

    TEST_CASE("is the same for processes that start at the same time") {
        const ScratchDirectory directory;
        constexpr std::size_t starters = 8;
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            std::vector<Secret> secrets(starters);
            std::latch start{starters};
            std::vector<std::thread> threads;
            for (Secret& secret : secrets)
                threads.emplace_back([&] {
                    start.arrive_and_wait();
                    secret = load_or_create_secret(directory / name);
                });
            for (std::thread& thread : threads) thread.join();
            for (const Secret& secret : secrets) CHECK(secret.bytes == secrets[0].bytes);
        }
        CHECK(directory.file_count() == 5);
    }

    TEST_CASE("a file that is too short, too long or readable by others is an error") {
        const ScratchDirectory directory;
        const auto file = directory / ".secret";
        const auto owner_only =
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
        for (const std::size_t size : {0u, 31u, 33u}) {
            with_content(file, std::string(size, 'x'));
            std::filesystem::permissions(file, owner_only);
            CHECK_THROWS_WITH_AS(load_or_create_secret(file),
                                 doctest::Contains("not a secret of 32 bytes"), asyncjobs::Error);
        }
        with_content(file, std::string(32, 'x'));
        CHECK(load_or_create_secret(file).bytes == secret_of(std::string(32, 'x')).bytes);
        std::filesystem::permissions(file, owner_only | std::filesystem::perms::others_read);
        CHECK_THROWS_WITH_AS(load_or_create_secret(file), doctest::Contains("owner only"),
                             asyncjobs::Error);
    }

    TEST_CASE("a missing directory is a system error") {
        const ScratchDirectory directory;
        CHECK_THROWS_AS(load_or_create_secret(directory / "missing/secret"), std::system_error);
    }

    TEST_CASE("a secret's bytes are the key of the HMAC") {
        const std::string key(32, '\x0b');
        CHECK(hmac_sha256(secret_of(key), "Hi There") ==
              asyncjobs::support::hmac_sha256(key, "Hi There"));
    }
}
