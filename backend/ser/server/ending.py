"""What the first process and the others agree on, so that they end together."""

from __future__ import annotations

import signal

# By this, the first process tells another to end. SIGTERM may come from outside, to all of them at once.
END = signal.SIGUSR2
# How long the processes may take to end when they are to stop at once: Ctrl-C.
QUICK_S = 3
