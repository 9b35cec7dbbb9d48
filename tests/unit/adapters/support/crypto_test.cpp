#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs::support;

// FIPS 180-2, and RFC 4231's first two cases.
TEST_CASE("digests are those of the standards' examples") {
    CHECK(to_hex(sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a text that comes in pieces has the digest of the whole") {
    Sha256 hash;
    hash.add("ab");
    hash.add("");
    hash.add("c");
    CHECK(hash.finish() == sha256("abc"));
    CHECK(Sha256().finish() == sha256(""));
}

TEST_CASE("only equal texts are equal in constant time") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time(std::string("a\0b", 3), std::string("a\0b", 3)));
    CHECK_FALSE(equal_in_constant_time(std::string("a\0b", 3), std::string("a\0c", 3)));
    CHECK_FALSE(equal_in_constant_time("ab", "a"));
}

TEST_CASE("random bytes have the requested size and differ") {
    CHECK(random_bytes(0).empty());
    CHECK(random_bytes(32).size() == 32);
    CHECK(random_bytes(32) != random_bytes(32));
}
