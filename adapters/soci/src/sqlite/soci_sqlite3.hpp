#pragma once

#include <soci/soci.h>

#include <cstdarg>

// SOCI declares what it uses of SQLite in this namespace: 4.0 includes all of sqlite3.h there, 4.1
// only names two of its types.
namespace sqlite_api {
#include <sqlite3.h>
} // namespace sqlite_api

#include <soci/sqlite3/soci-sqlite3.h>
