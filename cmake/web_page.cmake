# Builds the web page with Vite, where the tools for it are there: Node.js and web/node_modules, which
# ./setup.sh --web fetches. The build itself needs no network.
#
# Sets `page_folder` to where the page's files are, and `page_inputs` to what they are made of. Where
# the page cannot be built, a web/dist that was made elsewhere is taken; else the program has no page,
# and COLVEC_HAS_PAGE in the cache is OFF.
set(web "${PROJECT_SOURCE_DIR}/web")
set(page_folder "${web}/dist")
set(page_inputs "")
set(COLVEC_HAS_PAGE ON CACHE INTERNAL "")

# That of setup.sh, where this system's own is too old.
find_program(NODE_PROGRAM node PATHS "${PROJECT_SOURCE_DIR}/third_party/node/bin" NO_DEFAULT_PATH)
find_program(NODE_PROGRAM node)
set(vite "${web}/node_modules/vite/bin/vite.js")
if(NODE_PROGRAM AND EXISTS "${vite}")
  set(page_folder "${CMAKE_CURRENT_BINARY_DIR}/page")
  file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS "${web}/src/*" "${web}/public/*")
  list(APPEND page_inputs "${web}/index.html" "${web}/package-lock.json" "${web}/vite.config.ts")
  add_custom_command(
    OUTPUT "${page_folder}/index.html"
    COMMAND "${NODE_PROGRAM}" "${vite}" build --outDir "${page_folder}" --emptyOutDir --logLevel warn
    WORKING_DIRECTORY "${web}"
    DEPENDS ${page_inputs}
    COMMENT "Building the web page")
  set(page_inputs "${page_folder}/index.html")
elseif(EXISTS "${page_folder}/index.html")
  file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS "${page_folder}/*")
else()
  set(COLVEC_HAS_PAGE OFF CACHE INTERNAL "")
  message(STATUS "No web page: ./setup.sh --web fetches what builds it")
endif()
