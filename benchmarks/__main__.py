"""`make bench`."""

from benchmarks.turns import main

main()
