# asyncjobs_reference: the API reference in build/.../reference, by Doxygen, of all public headers
# and the documents. Warnings, such as one of an undocumented function, are errors.
find_package(Doxygen 1.9.4 QUIET)
if(NOT DOXYGEN_FOUND)
    return()
endif()

set(reference_source ${CMAKE_CURRENT_LIST_DIR}/reference)
set(reference_directory ${PROJECT_BINARY_DIR}/reference)
set(reference_includes ${PROJECT_SOURCE_DIR}/include)
set(reference_macros ASYNCJOBS_DECL= ASYNCJOBS_TESTING_DECL= ASYNCJOBS_VISIBLE=)
foreach(adapter IN ITEMS soci http beast auth schedules webhooks operations files)
    string(TOUPPER ${adapter} macro)
    list(APPEND reference_includes ${PROJECT_SOURCE_DIR}/adapters/${adapter}/include)
    list(APPEND reference_macros ASYNCJOBS_${macro}_DECL=)
endforeach()
set(reference_input ${reference_includes})
foreach(document IN ITEMS
        README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs cmake/packaging cmake/reference)
    list(APPEND reference_input ${PROJECT_SOURCE_DIR}/${document})
endforeach()
list(APPEND reference_includes ${PROJECT_SOURCE_DIR})
foreach(list IN ITEMS reference_input reference_includes)
    list(TRANSFORM ${list} APPEND "\"")
    list(TRANSFORM ${list} PREPEND "\"")
endforeach()
foreach(list IN ITEMS reference_input reference_includes reference_macros)
    list(JOIN ${list} " " ${list})
endforeach()
file(MAKE_DIRECTORY ${reference_directory})
configure_file(${reference_source}/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)

add_custom_target(asyncjobs_reference
    COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile
    COMMENT "API reference: ${reference_directory}/index.html" VERBATIM)
