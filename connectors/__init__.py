"""One module a channel: verify, parse, fit, send."""
