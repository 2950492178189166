// Keeps the module from being empty until its first file is here; then delete it.
