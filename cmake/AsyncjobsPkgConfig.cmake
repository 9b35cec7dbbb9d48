# A pkg-config file for each installed target: asyncjobs.pc, asyncjobs-soci.pc and so on, made from
# the targets' link interfaces. An archive's dependencies are not private, because it can't be linked without
# them; and `pkg-config --static` would also request the archives of its shared dependencies.

# Packages with their own pkg-config files; other packages are named by their library.
set(module_of_fmt_fmt fmt)
set(module_of_OpenSSL_Crypto libcrypto)
set(module_of_OpenSSL_SSL openssl)
set(module_of_PostgreSQL_PostgreSQL libpq)
set(module_of_SQLite_SQLite3 sqlite3)
set(module_of_SQLite3_SQLite3 sqlite3)

# The pkg-config name of this project's target.
function(asyncjobs_module_name target result)
    string(REPLACE _ - name ${target})
    set(${result} ${name} PARENT_SCOPE)
endfunction()

# `-lname` of an imported library, with its folder unless compilers search it by default.
function(asyncjobs_library_flags library result)
    set(flags)
    get_target_property(type ${library} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
        get_target_property(file ${library} IMPORTED_LOCATION)
        get_target_property(configurations ${library} IMPORTED_CONFIGURATIONS)
        foreach(configuration IN LISTS configurations)
            if(NOT file)
                get_target_property(file ${library} IMPORTED_LOCATION_${configuration})
            endif()
        endforeach()
        if(NOT file)
            message(WARNING "asyncjobs: no library of ${library} for pkg-config")
            return()
        endif()
        cmake_path(GET file PARENT_PATH folder)
        cmake_path(GET file FILENAME name)
        if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
            list(APPEND flags -L${folder})
        endif()
        string(REGEX REPLACE "^lib|\\.(so|a|dylib|dll|lib)(\\..*)?$" "" name ${name})
        list(APPEND flags -l${name})
    endif()
    set(${result} ${flags} PARENT_SCOPE)
endfunction()

# Called at the end of the target's directory, where the packages that it links are known.
function(asyncjobs_write_pkg_config target)
    asyncjobs_module_name(${target} name)
    set(folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    set(prefix ${CMAKE_INSTALL_PREFIX})
    if(NOT IS_ABSOLUTE ${folder})
        file(RELATIVE_PATH up /${folder} /)
        string(REGEX REPLACE "/$" "" up ${up})
        set(prefix "\${pcfiledir}/${up}")
    endif()
    set(cflags "-I\${includedir}")
    set(requires)
    set(libs)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
        set(libs "-L\${libdir} -l${target}")
    endif()
    get_target_property(definitions ${target} INTERFACE_COMPILE_DEFINITIONS)
    foreach(definition IN LISTS definitions)
        if(definition)
            string(APPEND cflags " -D${definition}")
        endif()
    endforeach()
    get_target_property(options ${target} INTERFACE_COMPILE_OPTIONS)
    if(options)
        string(GENEX_STRIP "${options}" options)
        list(JOIN options " " options)
        string(APPEND cflags " ${options}")
    endif()

    get_target_property(needs ${target} INTERFACE_LINK_LIBRARIES)
    foreach(need IN LISTS needs)
        string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" need ${need})
        string(REPLACE "::" "_" key ${need})
        if(need MATCHES "^asyncjobs::(.*)$")
            asyncjobs_module_name(${key} module)
            if(need STREQUAL asyncjobs::asyncjobs)
                set(module asyncjobs)
            endif()
            list(APPEND requires "${module} = ${PROJECT_VERSION}")
        elseif(module_of_${key})
            list(APPEND requires ${module_of_${key}})
        elseif(need STREQUAL Threads::Threads)
            string(APPEND cflags " -pthread")
            list(APPEND libs -pthread)
        elseif(TARGET ${need})
            asyncjobs_library_flags(${need} flags)
            list(APPEND libs ${flags})
        else()
            message(FATAL_ERROR "AsyncjobsPkgConfig: ${target} links ${need}, which is not a target")
        endif()
    endforeach()
    list(JOIN requires ", " requires)
    list(JOIN libs " " libs)
    set(file ${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc)
    file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [=[
prefix=@prefix@
includedir=${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: @name@
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: @cflags@
Libs: @libs@
Requires: @requires@
]=])
    install(FILES ${file} DESTINATION ${folder})
endfunction()
