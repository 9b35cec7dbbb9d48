# Finds SOCI and its backends: components core (implied), sqlite3, postgresql, mysql.
#
# Targets: SOCI::Core and SOCI::SQLite3, SOCI::PostgreSQL, SOCI::MySQL, the names of SOCI 4.1. Uses
# SOCI's own package config if it exists (4.1, or vcpkg's 4.0 with its SOCI::soci_* names), and otherwise
# searches headers and libraries (Debian's 4.0).
#
# A backend's header includes its database's, which must be installed too. The component sqlite3 also
# defines the target SQLite3::SQLite3, as CMake's own module does from 4.3 on: SOCI 4.1
# must use the system's SQLite (SOCI_SQLITE3_BUILTIN=OFF), because the adapter opens files itself. mysql
# also defines SOCI::MySQLClient, the client library that SOCI uses, because the adapter calls it, too.
include(FindPackageHandleStandardArgs)
if(POLICY CMP0167)
    cmake_policy(SET CMP0167 NEW) # SOCI 4.1's package looks for Boost, which brings its own package
endif()

# SOCI 4.1's package needs that target.
if(sqlite3 IN_LIST SOCI_FIND_COMPONENTS)
    find_package(SQLite3 QUIET)
    if(TARGET SQLite::SQLite3 AND NOT TARGET SQLite3::SQLite3)
        add_library(SQLite3::SQLite3 ALIAS SQLite::SQLite3)
    endif()
endif()

set(_soci_name_sqlite3 SQLite3)
set(_soci_name_postgresql PostgreSQL)
set(_soci_name_mysql MySQL)
set(_soci_header_sqlite3 sqlite3.h)
set(_soci_header_postgresql libpq-fe.h)
set(_soci_header_mysql mysql.h)

# SOCI 4.1's components have the names of its targets.
set(_soci_config_components Core)
foreach(_soci_backend IN LISTS SOCI_FIND_COMPONENTS)
    if(DEFINED _soci_name_${_soci_backend})
        list(APPEND _soci_config_components ${_soci_name_${_soci_backend}})
    endif()
endforeach()
find_package(SOCI ${SOCI_FIND_VERSION} CONFIG QUIET NAMES SOCI Soci
             OPTIONAL_COMPONENTS ${_soci_config_components})
# A package with missing dependencies defines targets, but reports why they can't be used.
set(_soci_unmet "${SOCI_NOT_FOUND_MESSAGE}")
if(TARGET SOCI::soci_core AND NOT TARGET SOCI::Core)
    add_library(SOCI::Core ALIAS SOCI::soci_core)
elseif(TARGET SOCI::soci_core_static AND NOT TARGET SOCI::Core)
    add_library(SOCI::Core ALIAS SOCI::soci_core_static)
endif()

if(TARGET SOCI::Core)
    set(SOCI_CORE_FOUND TRUE)
    if(_soci_unmet)
        set(SOCI_CORE_FOUND FALSE)
    endif()
    set(_soci_required SOCI_CORE_FOUND)
else()
    find_path(SOCI_INCLUDE_DIR soci/soci.h)
    find_library(SOCI_CORE_LIBRARY soci_core)
    set(_soci_required SOCI_CORE_LIBRARY SOCI_INCLUDE_DIR)
    if(SOCI_INCLUDE_DIR AND SOCI_CORE_LIBRARY)
        file(STRINGS "${SOCI_INCLUDE_DIR}/soci/version.h" _soci_version
             REGEX "^#define SOCI_LIB_VERSION ")
        string(REGEX REPLACE ".*\"([0-9_]+)\".*" "\\1" SOCI_VERSION "${_soci_version}")
        string(REPLACE "_" "." SOCI_VERSION "${SOCI_VERSION}")
        add_library(SOCI::Core UNKNOWN IMPORTED)
        # Headers of SOCI 4.0 include one another also as <soci-platform.h>.
        set_target_properties(SOCI::Core PROPERTIES
            IMPORTED_LOCATION "${SOCI_CORE_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${SOCI_INCLUDE_DIR}")
    endif()
    mark_as_advanced(SOCI_INCLUDE_DIR SOCI_CORE_LIBRARY)
endif()

if(TARGET SOCI::Core)
    set(SOCI_core_FOUND TRUE)
endif()
foreach(_soci_backend IN ITEMS sqlite3 postgresql mysql)
    if(NOT _soci_backend IN_LIST SOCI_FIND_COMPONENTS)
        continue()
    endif()
    set(_soci_target SOCI::${_soci_name_${_soci_backend}})
    set(SOCI_${_soci_backend}_FOUND FALSE)
    if(TARGET ${_soci_target})
        set(SOCI_${_soci_backend}_FOUND TRUE)
    elseif(TARGET SOCI::soci_${_soci_backend})
        add_library(${_soci_target} ALIAS SOCI::soci_${_soci_backend})
        set(SOCI_${_soci_backend}_FOUND TRUE)
    elseif(TARGET SOCI::soci_${_soci_backend}_static)
        add_library(${_soci_target} ALIAS SOCI::soci_${_soci_backend}_static)
        set(SOCI_${_soci_backend}_FOUND TRUE)
    elseif(SOCI_CORE_LIBRARY)
        string(TOUPPER ${_soci_backend} _soci_upper)
        find_library(SOCI_${_soci_upper}_LIBRARY soci_${_soci_backend})
        find_path(SOCI_${_soci_upper}_DATABASE_INCLUDE_DIR ${_soci_header_${_soci_backend}}
                  PATH_SUFFIXES postgresql mysql mariadb)
        mark_as_advanced(SOCI_${_soci_upper}_LIBRARY SOCI_${_soci_upper}_DATABASE_INCLUDE_DIR)
        if(SOCI_${_soci_upper}_LIBRARY AND SOCI_${_soci_upper}_DATABASE_INCLUDE_DIR)
            add_library(${_soci_target} UNKNOWN IMPORTED)
            set_target_properties(${_soci_target} PROPERTIES
                IMPORTED_LOCATION "${SOCI_${_soci_upper}_LIBRARY}"
                INTERFACE_INCLUDE_DIRECTORIES "${SOCI_${_soci_upper}_DATABASE_INCLUDE_DIR}"
                INTERFACE_LINK_LIBRARIES SOCI::Core)
            set(SOCI_${_soci_backend}_FOUND TRUE)
        endif()
    endif()
endforeach()

# MariaDB's or MySQL's.
if(TARGET SOCI::MySQL AND NOT TARGET SOCI::MySQLClient)
    find_library(SOCI_MYSQL_CLIENT_LIBRARY NAMES mariadb mysqlclient)
    mark_as_advanced(SOCI_MYSQL_CLIENT_LIBRARY)
    if(SOCI_MYSQL_CLIENT_LIBRARY)
        add_library(SOCI::MySQLClient UNKNOWN IMPORTED)
        set_target_properties(SOCI::MySQLClient PROPERTIES
            IMPORTED_LOCATION "${SOCI_MYSQL_CLIENT_LIBRARY}")
    elseif(TARGET MySQL::MySQL) # of SOCI 4.1
        add_library(SOCI::MySQLClient INTERFACE IMPORTED)
        set_target_properties(SOCI::MySQLClient PROPERTIES
            INTERFACE_LINK_LIBRARIES MySQL::MySQL)
    else()
        set(SOCI_mysql_FOUND FALSE)
    endif()
endif()

find_package_handle_standard_args(SOCI
    REQUIRED_VARS ${_soci_required} VERSION_VAR SOCI_VERSION HANDLE_COMPONENTS
    REASON_FAILURE_MESSAGE
        "${_soci_unmet} install libsoci-dev (Debian, Ubuntu) or soci (vcpkg, Conan, Homebrew)")
