// Prints the principal of each token, one a line of standard input, by JwtAuthenticator. Usage:
// jwt_principals KIND FILE, where KIND is jwks, rs256, es256 or hs256, and FILE holds the keys.
#include <asyncjobs/auth/jwt_authenticator.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

using asyncjobs::auth::JwtAuthenticator;
using asyncjobs::auth::JwtKey;

std::vector<JwtKey> read_keys(const std::string& kind, const std::string& file) {
    std::ifstream in(file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (kind == "jwks") return JwtKey::from_jwks(text);
    if (kind == "rs256") return {JwtKey::rs256(text)};
    if (kind == "es256") return {JwtKey::es256(text)};
    if (kind == "hs256") return {JwtKey::hs256(text)};
    throw std::invalid_argument("unknown kind of keys " + kind);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        const JwtAuthenticator authenticator(read_keys(argv[1], argv[2]),
                                             {.issuer = "https://id.example.org",
                                              .audience = "jobs",
                                              .leeway = std::chrono::seconds{5}});
        for (std::string token; std::getline(std::cin, token);) {
            const auto principal =
                authenticator({.headers = {{"Authorization", "Bearer " + token}}});
            std::cout << (principal ? principal->owner : "-");
            if (principal)
                for (const auto& role : principal->roles) std::cout << ' ' << role;
            std::cout << '\n';
        }
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
