"""The central complaint system: kinds, numbers, lifecycle."""
