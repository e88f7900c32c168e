"""Where the names of the model's text and of Go's differ; ``mirror`` derives all others."""

from collections.abc import Mapping

FILES = (*("netpoll", "netpoll_epoll", "proc", "time", "sema", "fd_mutex", "fd_unix", "runtime2"),)
"""The modules of the model that mirror Go."""

RECEIVERS = {"Timer": "timer", "Timers": "timers", "FdMutex": "fdMutex", "GQueue": "gQueue"}
"""Whoever takes one of these first is a method of it in Go."""

POLL = "internal/poll/fd_poll_runtime.go:"
MUTEX = "internal/poll/fd_mutex.go:"
PROC = "runtime/proc.go:"
SYSCALL = "syscall/syscall_unix.go:"

GO: Mapping[str, tuple[str, ...]] = {
    # runtime/netpoll.go
    "publishInfo": ("pollDesc.publishInfo",),
    "setEventErr": ("pollDesc.setEventErr",),
    "pollOpen": ("poll_runtime_pollOpen",),
    "pollClose": ("poll_runtime_pollClose",),
    "pollCacheFree": ("pollCache.free",),
    "pollReset": ("poll_runtime_pollReset",),
    "pollWait": ("poll_runtime_pollWait",),
    "pollSetDeadline": ("poll_runtime_pollSetDeadline",),
    "pollUnblock": ("poll_runtime_pollUnblock",),
    "pollCacheAlloc": ("pollCache.alloc",),
    # runtime/proc.go
    "mstart": ("mstart1",),
    "becomeSpinning": ("m.becomeSpinning",),
    "entersyscall": ("reentersyscall", "entersyscall"),
    "acquirep": ("acquirep", "acquirepNoTrace", "wirep"),
    "releasep": ("releasep", "releasepNoTrace"),
    "takeP": ("syscallingThread.takeP",),
    "stealOrder": (
        *("randomOrder.reset", "randomOrder.start"),
        *("randomEnum.done", "randomEnum.next", "randomEnum.position"),
    ),
    "Sysmontick": (f"{PROC}sysmontick",),
    "GQueue": (f"{PROC}gQueue",),
    "GQueue.pushBack": (f"{PROC}gQueue.pushBack",),
    "GQueue.pushBackAll": (f"{PROC}gQueue.pushBackAll",),
    "GQueue.pop": (f"{PROC}gQueue.pop",),
    # runtime/time.go
    "timersUnlock": ("timers.unlock",),
    "timerUnlock": ("timer.unlock",),
    "siftUp": ("timers.siftUp",),
    "siftDown": ("timers.siftDown",),
    "initHeap": ("timers.initHeap",),
    # runtime/sema.go
    "goparkunlock": (f"{PROC}goparkunlock",),
    "parkunlock_c": (f"{PROC}parkunlock_c",),
    "semacquire": ("semacquire1",),
    "semrelease": ("semrelease1", "readyWithTime"),
    # internal/poll
    "fdInit": ("FD.Init", f"{POLL}pollDesc.init"),
    "fdDestroy": ("FD.destroy", f"{POLL}pollDesc.close"),
    "fdClose": ("FD.Close", f"{POLL}pollDesc.evict"),
    "fdRead": ("FD.Read", f"{MUTEX}FD.readLock", f"{MUTEX}FD.readUnlock"),
    "fdReadLocked": (f"{POLL}pollDesc.prepare", f"{POLL}pollDesc.wait"),
    "fdWrite": ("FD.Write", f"{MUTEX}FD.writeLock", f"{MUTEX}FD.writeUnlock"),
    "fdWriteLocked": (f"{POLL}pollDesc.prepare", f"{POLL}pollDesc.wait"),
    "fdSetDeadline": (f"{POLL}setDeadlineImpl", f"{MUTEX}FD.incref", f"{MUTEX}FD.decref"),
    "syscallRead": (f"{SYSCALL}Read", "ignoringEINTRIO"),
    "syscallWrite": (f"{SYSCALL}Write", "ignoringEINTRIO"),
    "convertErr": (f"{POLL}convertErr",),
}
"""Go's functions, the one to read first, where name and class do not say it."""

PARTS: Mapping[str, str] = {
    "findRunnablePoll": "findRunnable",
    "findRunnableRecheck": "findRunnable",
    "findRunnableRecheckRunqs": "findRunnable",
    "findRunnableBlock": "findRunnable",
    "netpollDrain": "netpoll",
    "startIdle": "injectglist",
    "wakeSysmon": "entersyscallWakeSysmon",
    "sysmonDeepSleep": "sysmon",
    "sysmonPoll": "sysmon",
    "retakeSyscall": "retake",
    "wantsRetake": "retake",
    "wirep": "acquirep",
    "globrunqgetFor": "globrunqget",
    "mayRunNext": "runqgrab",
    "manyZombies": "check",
    "fdReadLocked": "fdRead",
    "fdWriteLocked": "fdWrite",
}
"""A function of ours that holds a piece of a longer one of Go: of which, by the model's name."""

OURS: Mapping[str, str] = {
    "busy": "what a scenario's `busy` does in place of a loop; preemption by a signal is left out",
    "replaced": "a heap is a tuple here, and a place in it cannot be assigned to",
    "csemaOf": "a semaphore is made when somebody waits, to save memory",
    "FdMutex.sema": "a semaphore is made when somebody waits, to save memory",
    "Sema": "a queue beside each semaphore says the same as Go's table of trees",
    "breakDescriptor": "which descriptor a scenario means by `break`",
    "placed": "Go keeps a copy of `when` in the heap and finds it by an index",
    "threadInSyscall": "Go needs no M there; the model's pictures name it",
    "Go122": "its initial state has the two ends of the break's pipe",
    "Text": "the initial state, as schedinit and procresize leave it behind",
}
"""What mirrors nothing, with the reason."""

VALUES: Mapping[str, Mapping[str, str]] = {
    "netpoll": {
        "pollNoError": "pollNoError",
        "pdNil": "pdNil",
        "pollClosing": "pollClosing",
        "pollFDSeqMask": "pollFDSeqMask",
        "TAG_BITS": "runtime/tagptr_64bit.go:tagBits",
        "POLL_BLOCK": "pollBlockSize",
    },
    "time": {"timerHeaped": "timerHeaped", "maxWhen": "maxWhen", "timerHeapN": "timerHeapN"},
    "fd_mutex": {"mutexClosed": "mutexClosed", "overflowMsg": "overflowMsg"},
    "runtime2": {
        "Gidle": "_Gidle",
        "Pidle": "_Pidle",
        "FORCE_PREEMPT_NS": f"{PROC}forcePreemptNS",
        "FORCE_GC_PERIOD_NS": f"{PROC}forcegcperiod",
    },
}
"""Constants, by module of the model: one name of each group, ours and Go's."""

ATTRIBUTES: Mapping[str, str] = {"TAG_BITS": "tagBits"}
"""Constants that an older release overrides: as which attribute of its class."""

FORMER: Mapping[str, tuple[str, ...]] = {
    "entersyscallWakeSysmon": ("entersyscall_sysmon",),
    # The timers before 1.23, each with a status of ten.
    "timers.addHeap": ("doaddtimer",),
    "timer.stop": ("deltimer",),
    "timers.deleteMin": ("dodeltimer0",),
    "timer.modify": ("modtimer",),
    "timer.maybeAdd": ("addtimer",),
    "timers.cleanHead": ("cleantimers",),
    "timers.adjust": ("adjusttimers", "addAdjustedTimers"),
    "timers.wakeTime": ("nobarrierWakeTime",),
    "timers.check": (f"{PROC}checkTimers",),
    "timers.run": ("runtimer",),
    "timer.unlockAndRun": ("runOneTimer",),
    "timers.updateMinWhenHeap": ("updateTimer0When",),
    "timers.updateMinWhenModified": ("updateTimerModifiedEarliest",),
    "timers.siftUp": ("siftupTimer",),
    "timers.siftDown": ("siftdownTimer",),
}
"""What did the same in older releases, where Go has not only changed a function but its name."""
