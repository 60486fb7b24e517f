"""What supplies the executor that shards are handed to: this process, or a pool of others (rule Z1)."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from typing import TYPE_CHECKING, Any

from engine.blame import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class HereAndNow(Executor):
    """An executor that does the work when it is submitted, in the process that submits it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as its base
        """Calls `fn`; the future is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Interruption:
            raise
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


@contextmanager
def processes(workers: int, begin: Callable[..., None], *about: object) -> Iterator[Executor]:
    """A pool of spawned processes, each of which has called `begin(*about)`; none is left when this ends.

    They have one thread for linear algebra each, and leave Ctrl-C to the process that started them.
    """
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    others = set(active_children())
    os.environ.update(_ONE_THREAD)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (begin, about))
    try:
        yield pool
    except BaseException:
        for process in set(active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _begin(begin: Callable[..., None], about: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    begin(*about)


def _leave_with_parent() -> None:
    """A pool's process would wait for work for ever if the one that started it were killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
