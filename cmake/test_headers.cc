// Nothing: carries the precompiled headers of tests (colvec_module.cmake).
