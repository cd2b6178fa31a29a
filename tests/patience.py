"""How long a test waits for what takes milliseconds on a quiet machine: long enough for one with other work to do.

What takes a while by the processor is measured by its time (`time.thread_time`); what depends on the clock of the wall
has an outer limit of several times what it takes on a quiet machine; `make bench` prints the true numbers.
"""

SECONDS = 60.0
MILLISECONDS = 60_000
