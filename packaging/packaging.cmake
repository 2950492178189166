# What is installed, and the packages made of it: a .deb and a .tar.gz, with the DuckDB library
# inside. docs/packages.md is for users.
#
#   bin/colvec                        finds lib/colvec/libduckdb.so by its own place
#   lib/libcolvec.so.1                the C API (and the C++ API of the same version)
#   lib/colvec/                       libduckdb.so, colvec.duckdb_extension
#   lib/cmake/colvec/                 find_package(colvec)
#   lib/python3/dist-packages/colvec  the Python package
# The second place is that of the .deb: where /proc is not mounted, a program does not know its own.
set_target_properties(colvec_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/colvec;/usr/lib/colvec")
set_target_properties(colvec_shared PROPERTIES INSTALL_RPATH "$ORIGIN/colvec;/usr/lib/colvec")

install(TARGETS colvec_cli RUNTIME DESTINATION bin)
install(TARGETS colvec_shared EXPORT colvecTargets LIBRARY DESTINATION lib)
file(REAL_PATH "${DUCKDB_LIBRARY}" duckdb_file)
install(FILES "${duckdb_file}" DESTINATION lib/colvec RENAME libduckdb.so)
if(COLVEC_DUCKDB_EXTENSION)
  install(FILES "${COLVEC_DUCKDB_EXTENSION}" DESTINATION lib/colvec)
endif()

# find_package(colvec)
include(CMakePackageConfigHelpers)
set(config_folder "${PROJECT_BINARY_DIR}/packaging")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/colvecConfig.cmake.in"
                              "${config_folder}/colvecConfig.cmake"
                              INSTALL_DESTINATION lib/cmake/colvec)
write_basic_package_version_file("${config_folder}/colvecConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(DIRECTORY include/colvec DESTINATION include)
install(EXPORT colvecTargets NAMESPACE colvec:: DESTINATION lib/cmake/colvec)
install(FILES "${config_folder}/colvecConfig.cmake" "${config_folder}/colvecConfigVersion.cmake"
        DESTINATION lib/cmake/colvec)

# Manual pages, completions, the service, documents.
set(manual "${PROJECT_BINARY_DIR}/manual")
install(DIRECTORY "${manual}/" DESTINATION share/man/man1 FILES_MATCHING PATTERN "*.1"
        PATTERN completions EXCLUDE)
install(FILES "${manual}/completions/colvec.bash" RENAME colvec
        DESTINATION share/bash-completion/completions)
install(FILES "${manual}/completions/_colvec" DESTINATION share/zsh/vendor-completions)
install(FILES "${manual}/completions/colvec.fish" DESTINATION share/fish/vendor_completions.d)
install(FILES packaging/colvec.service DESTINATION lib/systemd/system)
install(FILES README.md DESTINATION share/doc/colvec)
install(FILES LICENSE DESTINATION share/doc/colvec RENAME copyright)
install(DIRECTORY docs/ DESTINATION share/doc/colvec/docs)
install(DIRECTORY examples DESTINATION share/colvec)

set(CPACK_PACKAGE_NAME colvec)
set(CPACK_PACKAGE_VENDOR colvec)
set(CPACK_PACKAGE_CONTACT "The colvec authors <colvec@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Turns text columns into embedding columns")
set(CPACK_PACKAGE_DESCRIPTION
    "Reads a table (DuckDB, Parquet, CSV, JSON lines), embeds each distinct text once, in process, and\
 writes id, text and vector to a DuckDB file; with a server, a C library, a Python package and a DuckDB\
 extension.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")  # HTTPS; libcurl only recommends them.
get_filename_component(duckdb_folder "${duckdb_file}" DIRECTORY)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}" "${duckdb_folder}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3, python3-numpy")
include(CPack)
