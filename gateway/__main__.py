"""`python -m gateway` is `sathi`."""

from gateway.cli import main

raise SystemExit(main())
