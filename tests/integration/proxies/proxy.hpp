#pragma once

#include "../http/served_api.hpp"

#include "integration/child_process.hpp"
#include "scratch_directory.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>

/// A port that listens before its program runs, which inherits it: nobody can take it in between,
/// and who connects early waits.
class ListeningPort {
public:
    ListeningPort() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (descriptor_ < 0 || ::bind(descriptor_, any, size) != 0 ||
            ::listen(descriptor_, 100) != 0 || ::getsockname(descriptor_, any, &size) != 0)
            throw std::system_error(errno, std::generic_category(), "a port to listen at");
        number_ = ntohs(address.sin_port);
    }
    ~ListeningPort() { ::close(descriptor_); }
    ListeningPort(const ListeningPort&) = delete;
    ListeningPort& operator=(const ListeningPort&) = delete;

    int descriptor() const { return descriptor_; }
    std::uint16_t number() const { return number_; }

private:
    int descriptor_;
    std::uint16_t number_ = 0;
};

/// How a proxy reaches the server behind it.
struct Upstream {
    std::uint16_t port = 0;
    bool tls = false; ///< with the certificate checked
};

/// A real proxy in a process of its own, in front of a server; ended with this.
class Proxy {
public:
    RawClient connect(const char* from = "127.0.0.1") const {
        return RawClient(port_.number(), from);
    }

    /// One request on a connection of its own, as `who`.
    RawResponse ask(std::string_view line, std::string_view who = "ann",
                    std::string_view fields = {}) const {
        return connect().ask(ServedApi::request(line, who, fields));
    }

protected:
    Proxy() = default;
    ~Proxy() {
        if (process_) process_->end(SIGTERM); // nginx has a child of its own
    }

    std::string file(std::string_view name) const { return (folder_ / name).string(); }
    const ListeningPort& port() const { return port_; }

    void run(const std::string& configuration, std::vector<std::string> command) {
        with_content(file("configuration"), configuration);
        command.insert(command.begin(), "/usr/bin/env");
        process_.emplace(std::move(command), STDERR_FILENO);
    }

private:
    const ScratchDirectory folder_;
    ListeningPort port_;
    std::optional<ChildProcess> process_;
};

/// With its defaults where it matters: it buffers answers unless it is told otherwise.
class Nginx : public Proxy {
public:
    explicit Nginx(Upstream upstream) {
        run(fmt::format(R"(
            daemon off;
            worker_processes 1;
            pid {folder}/pid;
            error_log {folder}/log;
            events {{ worker_connections 200; }}
            http {{
                access_log off;
                client_body_temp_path {folder}/body;
                proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi;
                uwsgi_temp_path {folder}/uwsgi;
                scgi_temp_path {folder}/scgi;
                upstream jobs {{
                    server 127.0.0.1:{upstream};
                    keepalive 8;
                    keepalive_timeout 30s;
                }}
                server {{
                    listen 127.0.0.1:{port};
                    location / {{
                        proxy_pass {scheme}://jobs;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host localhost;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_ssl_verify on;
                        proxy_ssl_name localhost;
                        proxy_ssl_server_name on;
                        proxy_ssl_trusted_certificate {authority};
                    }}
                }}
            }}
            )",
                        fmt::arg("folder", file("")), fmt::arg("upstream", upstream.port),
                        fmt::arg("port", port().number()),
                        fmt::arg("scheme", upstream.tls ? "https" : "http"),
                        fmt::arg("authority", CERTIFICATES "/ca.pem")),
            {fmt::format("NGINX={};", port().descriptor()), "/usr/sbin/nginx", "-c",
             file("configuration"), "-e", file("log")});
    }
};

class Haproxy : public Proxy {
public:
    explicit Haproxy(Upstream upstream) {
        run(fmt::format(R"(
            defaults
                mode http
                timeout connect 5s
                timeout client 60s
                timeout server 60s
                timeout http-keep-alive 30s
                option forwardfor
                http-reuse always
            frontend clients
                bind fd@{port}
                default_backend jobs
            backend jobs
                server jobs 127.0.0.1:{upstream} {tls}
            )",
                        fmt::arg("port", port().descriptor()), fmt::arg("upstream", upstream.port),
                        fmt::arg("tls", upstream.tls ? "ssl verify required sni str(localhost) "
                                                       "verifyhost localhost ca-file " CERTIFICATES
                                                       "/ca.pem"
                                                     : "")) +
                "\n",
            {"/usr/sbin/haproxy", "-db", "-q", "-f", file("configuration")});
    }
};
