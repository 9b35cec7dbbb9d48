#pragma once

#include "file_store.hpp"
#include "options.hpp"
#include "signed_url.hpp"

#include <asyncjobs/http/job_api.hpp>

namespace report_server {

/// `POST /reports/sales`, in the language that the request prefers.
void add_report_route(asyncjobs::http::JobApi& api, std::chrono::seconds retention);

/// `GET /files/{key}` for whoever holds a signed link. Borrows files and signer.
void add_file_route(asyncjobs::http::JobApi& api, const FileStore& files, const UrlSigner& signer);

} // namespace report_server
