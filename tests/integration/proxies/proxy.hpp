#pragma once

#include "../http/served_api.hpp"

#include "integration/child_process.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>

/// How a proxy gets its port. A proxy that inherits a listening one is reachable at once; for a
/// proxy that opens the port itself, the test binds it before, so that no other program gets it.
enum class PortIs { inherited, opened };

/// A port that no other program can take before the proxy runs.
class ReservedPort {
public:
    explicit ReservedPort(PortIs use) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        const int shared = use == PortIs::opened ? 1 : 0;
        if (descriptor_ < 0 ||
            ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &shared, sizeof shared) != 0 ||
            ::bind(descriptor_, any, size) != 0 ||
            (use == PortIs::inherited && ::listen(descriptor_, 100) != 0) ||
            ::getsockname(descriptor_, any, &size) != 0)
            throw std::system_error(errno, std::generic_category(), "a port to listen at");
        number_ = ntohs(address.sin_port);
    }
    ~ReservedPort() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    ReservedPort(const ReservedPort&) = delete;
    ReservedPort& operator=(const ReservedPort&) = delete;

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

/// The path under which a proxy serves its upstream server, and whether the server sees that path.
struct Mount {
    std::string path = "/";
    bool stripped = false;
};

/// A real proxy process in front of a server; ends with this object.
class Proxy {
public:
    RawClient connect(const char* from = "127.0.0.1") const {
        return RawClient(port_.number(), from);
    }

    /// One request on a new connection, as `who`.
    RawResponse ask(std::string_view line, std::string_view who = "ann",
                    std::string_view fields = {}) const {
        return connect().ask(ServedApi::request(line, who, fields));
    }

protected:
    explicit Proxy(PortIs port = PortIs::inherited) : port_(port) {}
    ~Proxy() {
        if (process_) process_->end(SIGTERM); // nginx has a child process
    }

    std::string file(std::string_view name) const { return (folder_ / name).string(); }
    const ReservedPort& port() const { return port_; }

    void run(const std::string& configuration, std::vector<std::string> command,
             int out = STDERR_FILENO) {
        with_content(file("configuration"), configuration);
        command.insert(command.begin(), "/usr/bin/env");
        process_.emplace(std::move(command), out);
    }

private:
    const ScratchDirectory folder_;
    const ReservedPort port_;
    std::optional<ChildProcess> process_;
};

/// With the relevant defaults: it buffers responses unless a response forbids it.
class Nginx : public Proxy {
public:
    explicit Nginx(Upstream upstream, const Mount& mount = {}) {
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
                    location {path} {{
                        proxy_pass {scheme}://jobs{uri};
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
                        fmt::arg("path", mount.path), fmt::arg("uri", mount.stripped ? "/" : ""),
                        fmt::arg("authority", CERTIFICATES "/ca.pem")),
            {fmt::format("NGINX={};", port().descriptor()), "/usr/sbin/nginx", "-c",
             file("configuration"), "-e", file("log")});
    }
};

class Haproxy : public Proxy {
public:
    explicit Haproxy(Upstream upstream, const Mount& mount = {}) {
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
                use_backend jobs if {{ path_beg {path} }}
            backend jobs
                {strip}
                server jobs 127.0.0.1:{upstream} {tls}
            )",
                        fmt::arg("port", port().descriptor()), fmt::arg("upstream", upstream.port),
                        fmt::arg("path", mount.path),
                        fmt::arg("strip", mount.stripped ? "http-request replace-path " +
                                                               mount.path + "(.*) /\\1"
                                                         : ""),
                        fmt::arg("tls", upstream.tls ? "ssl verify required sni str(localhost) "
                                                       "verifyhost localhost ca-file " CERTIFICATES
                                                       "/ca.pem"
                                                     : "")) +
                "\n",
            {"/usr/sbin/haproxy", "-db", "-q", "-f", file("configuration")});
    }
};

/// Opens its port itself: it is ready when it logs that.
class Apache : public Proxy {
public:
    explicit Apache(Upstream upstream, const Mount& mount = {}) : Proxy(PortIs::opened) {
        Pipe log;
        std::string modules;
        for (const char* name :
             {"mpm_event", "authz_core", "proxy", "proxy_http"}) // as Debian has them
            modules +=
                fmt::format("LoadModule {0}_module /usr/lib/apache2/modules/mod_{0}.so\n", name);
        run(modules + fmt::format(R"(
            ServerRoot {folder}
            DefaultRuntimeDir {folder}
            PidFile {folder}/pid
            ErrorLog "|/bin/cat"
            ServerName localhost
            Listen 127.0.0.1:{port}
            ProxyPass {path} http://127.0.0.1:{upstream}{uri}
            ProxyPassReverse {path} http://127.0.0.1:{upstream}{uri}
            )",
                                  fmt::arg("folder", file("")), fmt::arg("port", port().number()),
                                  fmt::arg("path", mount.path), fmt::arg("upstream", upstream.port),
                                  fmt::arg("uri", mount.stripped ? "/" : mount.path)),
            {"/usr/sbin/apache2", "-DFOREGROUND", "-f", file("configuration")}, log.write_end());
        log.close_write_end();
        await(log.read_end(), "resuming normal operations");
    }

private:
    static void await(int descriptor, std::string_view words) {
        std::string text;
        char c = 0;
        while (text.find(words) == std::string::npos) {
            if (::read(descriptor, &c, 1) != 1)
                throw std::runtime_error("Apache did not come up: " + text);
            text += c;
        }
    }
};

TYPE_TO_STRING(Nginx);
TYPE_TO_STRING(Haproxy);
TYPE_TO_STRING(Apache);
