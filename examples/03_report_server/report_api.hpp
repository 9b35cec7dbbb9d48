#pragma once

#include "options.hpp"

#include <asyncjobs/files/local_file_store.hpp>
#include <asyncjobs/http/job_api.hpp>

namespace report_server {

/// `POST /reports/sales`, in the language that the request prefers.
void add_report_route(asyncjobs::http::JobApi& api, std::chrono::seconds retention);

/// `GET /files/{key}` for clients with a signed link. Borrows the files.
void add_file_route(asyncjobs::http::JobApi& api, const asyncjobs::files::LocalFileStore& files);

} // namespace report_server
