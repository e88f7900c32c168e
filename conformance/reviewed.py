"""Changes of Go that mean the same for the model: each was read, function by function.

By the release that a change came with. What the model overrides for the releases before is not
here, with one exception: where a change has two sides, the other side says so.
"""

from collections.abc import Mapping

TRACER = "only the execution tracer or a profile is called, or called differently"
FIELDS = "fields that the model has no use for; whoever uses the others is compared by itself"
SYNCTEST = "only what a synctest bubble or its fake time needs"
RENAMED = "other names for the same: packages, helpers, arguments"
COLLECTOR = "only for the garbage collector"
TIMERS = (
    "timers were rewritten, with a lock each in place of ten states; what the poller notices of it"
    " is overridden in modify, maybeAdd and pidleput, the rest is not modelled"
)
FRAMES = "only stack frames are saved or checked"
TIMER_CHANNELS = "only for channels of timers, which no scenario has"

REVIEWED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "1.22": {
        "netpollunblock reports what netpollWaiters loses and its callers add it up; in the model's"
        " 1.21 it reports 0, so the callers may stay": (
            *("poll_runtime_pollSetDeadline", "poll_runtime_pollUnblock", "netpollready"),
            *("netpolldeadlineimpl", "netpoll", "sysmon"),
        ),
        "netpollWaiters was read and added to in place": (
            *("netpollAnyWaiters", "netpollAdjustWaiters", "netpollblockcommit"),
        ),
        TRACER: (
            *("ready", "execute", "injectglist", "park_m", "gosched_m", "gopreempt_m"),
            *("reentersyscall", "exitsyscall", "exitsyscallfast", "exitsyscallfast_reacquired"),
            *("exitsyscall0", "acquirep", "releasep", "releasepNoTrace", "retake"),
        ),
        "random numbers come from another generator": (
            *("stealWork", "runqput", "runqputslow", "runqputbatch"),
        ),
        "its throws run on the system stack": ("wirep",),
        "its body has moved to gdestroy": ("goexit0",),
        "only for systems whose clocks are coarse": ("runqgrab",),
        "only a conversion between integers": ("updateTimerModifiedEarliest",),
        "only the profile of contended mutexes": ("semrelease1",),
        FIELDS: ("g", "m", "schedt"),
    },
    "1.23": {
        TIMERS: (
            *("timer", "timers", "timers.unlock", "timer.unlock", "timer.updateHeap"),
            *("timers.addHeap", "doaddtimer", "timer.stop", "deltimer", "timer.needsAdd"),
            *("timers.deleteMin", "dodeltimer0", "timers.cleanHead", "cleantimers"),
            *("timers.adjust", "adjusttimers", "addAdjustedTimers", "timers.wakeTime"),
            *("nobarrierWakeTime", "timers.check", "checkTimers", "timers.run", "runtimer"),
            *("timer.unlockAndRun", "runOneTimer", "timers.updateMinWhenHeap", "updateTimer0When"),
            *("timers.updateMinWhenModified", "updateTimerModifiedEarliest", "timers.siftUp"),
            *("siftupTimer", "timers.siftDown", "siftdownTimer", "timers.initHeap"),
            *("timeSleep", "resetForSleep", "goroutineReady", "timeSleepUntil", "checkdead", "p"),
            *("timerHeaped", "timerHeapN"),
        ),
        "whether a deadline's timer runs is said by rrun and wrun, no longer by its function": (
            *("pollDesc", "poll_runtime_pollSetDeadline", "poll_runtime_pollUnblock"),
            *("netpolldeadlineimpl",),
        ),
        "a timer's function is told how late it is, and does not look": (
            *("netpollDeadline", "netpollReadDeadline", "netpollWriteDeadline"),
        ),
        "only the ranks of locks, and timers that are made with their pollDesc": (
            *("netpollGenericInit", "pollCache.alloc"),
        ),
        RENAMED: ("findRunnable", "stealWork", "checkTimersNoP", "Read", "Write"),
        TRACER: (
            *("execute", "park_m", "goschedImpl", "exitsyscall", "exitsyscallfast", "retake"),
            *("exitsyscallfast_reacquired", "exitsyscall0"),
        ),
        FRAMES: ("reentersyscall", "entersyscall", "entersyscallblock"),
        COLLECTOR: ("handoffp",),
        "only for coroutines, which a go statement does not make": ("newproc",),
        "only for systems without sysmon": ("runqput",),
        "a write that claims to have written too much panics": ("FD.Write",),
        FIELDS: ("g", "m", "sysmontick"),
    },
    "1.24": {
        RENAMED: ("entersyscall", "entersyscallblock", "exitsyscall", "newproc"),
        "the slice of Ps is kept with the M, so that it can be collected later": (
            *("findRunnable", "schedule"),
        ),
        SYNCTEST: (
            *("park_m", "timer", "timers", "timeSleep", "timer.needsAdd", "timer.maybeAdd"),
            *("timer.unlockAndRun",),
        ),
        "only how the processor times instructions": ("mstart1",),
        "only for WebAssembly": ("checkdead",),
        FIELDS: ("g", "m"),
    },
    "1.25": {
        "how many bits fdseq has is said by tagBits, which is overridden": ("pollCache.free",),
        "a pollDesc takes 512 bytes, so fewer are made at a time": ("pollCache.alloc",),
        "a queue counts its own goroutines; before, its owner did": (
            *("gQueue", "gQueue.pushBack", "gQueue.pushBackAll", "gQueue.pop", "handoffp"),
            *("globrunqput", "globrunqputbatch", "runqputslow", "schedule"),
        ),
        "what does not fit the local queue goes to the global one here; before in runqputbatch,"
        " which is overridden": ("injectglist",),
        SYNCTEST: (
            *("stealWork", "park_m", "timer", "timers", "timeSleep", "timer.modify"),
            *("timer.needsAdd", "timer.maybeAdd", "timers.check", "timers.run"),
            *("timer.unlockAndRun", "timers.siftUp", "timers.siftDown"),
        ),
        "only for preemption by a signal, which is left out": ("execute",),
        "GOMAXPROCS follows the machine; a scenario's is fixed": ("sysmon",),
        "only with handoff, which internal/poll does not ask for": ("semrelease1",),
        FIELDS: ("g", "m", "p", "schedt"),
    },
    "1.26": {
        RENAMED: ("netpollopen", "netpollclose", "netpoll", "resetspinning", "FD.Write"),
        "other names, and the sign of a number in a message": ("netpollinit",),
        "the system calls' slow ways are cut differently; the older ones are overridden in"
        " exitsyscall, exitsyscallfast, exitsyscall0 and retake": (
            *("entersyscallWakeSysmon", "entersyscall_sysmon", "exitsyscallTryGetP"),
            *("exitsyscallNoP", "setBlockOnExitSyscall", "syscallingThread.takeP"),
        ),
        "statuses of goroutines that leak, or belong to a foreign thread": ("_Gidle",),
        "a P in a system call has no status of its own any more; the older one is Psyscall in"
        " model/older": ("_Pidle",),
        "idle Ms are listed both ways, and still the last one first": ("mput", "mget"),
        COLLECTOR: ("handoffp", "findRunnable", "schedule", "goschedImpl", "releasepNoTrace"),
        "only how the processor times instructions": ("execute",),
        "only for NetBSD": ("sysmon",),
        "only for secrets left on a stack": ("goexit0",),
        TIMER_CHANNELS: ("timer.modify",),
        FIELDS: ("g", "m", "p", "schedt"),
    },
    "1.27": {
        "a nil pollDesc marks the break in place of an address of its own; the model has None": (
            *("netpollinit", "netpollopen", "netpoll"),
        ),
        "only for secrets left on a stack": ("reentersyscall",),
        TIMER_CHANNELS: ("timer.stop", "timer.modify", "timer.unlockAndRun"),
        "it may also be tried without waiting, which no scenario does": (
            *("fdMutex.rwlock", "FD.readLock", "FD.readUnlock", "FD.writeLock", "FD.writeUnlock"),
        ),
        FIELDS: ("m",),
    },
}
"""For each release, why its changes of these declarations change nothing for the model."""
