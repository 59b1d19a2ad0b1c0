"""What can go wrong with a batch itself; what is wrong with one recording is a row of its failures."""

from __future__ import annotations

from ser.errors import SerError


class BatchError(SerError):
    """The batch cannot begin: an input, the folder or an option is not usable."""

    code = "batch_refused"
    sentence = "Batch not possible"


class BatchStopped(SerError):
    """The batch cannot go on; started again, it goes on where it was."""

    code = "batch_stopped"
    sentence = "Batch stopped"


class WorkerDied(SerError):
    """The process that analysed a recording ended, each time it was tried."""

    code = "worker_died"
    sentence = "Worker process died"
