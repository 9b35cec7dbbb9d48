#include "file_key.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace report_server {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t digit_count = 26;
constexpr std::size_t longest_extension = 8;

bool is_extension(std::string_view text) {
    return !text.empty() && text.size() <= longest_extension &&
           std::all_of(text.begin(), text.end(), [](char character) {
               return (character >= 'a' && character <= 'z') ||
                      (character >= '0' && character <= '9');
           });
}

/// Five bits of each of the first 26 bytes choose a digit.
template <std::size_t size>
std::string key_from(const std::array<unsigned char, size>& bytes, std::string_view extension) {
    static_assert(size >= digit_count);
    if (!is_extension(extension))
        throw std::invalid_argument{"not a file extension: '" + std::string{extension} + "'"};
    std::string key;
    for (std::size_t index = 0; index < digit_count; ++index) key += alphabet[bytes[index] & 31u];
    key += '.';
    return key += extension;
}

} // namespace

bool is_file_key(std::string_view text) {
    if (text.size() <= digit_count || text[digit_count] != '.') return false;
    return text.substr(0, digit_count).find_first_not_of(alphabet) == std::string_view::npos &&
           is_extension(text.substr(digit_count + 1));
}

std::string random_file_key(std::string_view extension) {
    std::array<unsigned char, digit_count> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error{"no randomness for a file key"};
    return key_from(bytes, extension);
}

std::string derived_file_key(const Secret& secret, std::string_view name,
                             std::string_view extension) {
    return key_from(hmac_sha256(secret, "file-key:" + std::string{name}), extension);
}

} // namespace report_server
