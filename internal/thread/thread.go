// Package thread tells the kernel how urgent the calling thread is.
//
// A loop of game.Host makes its thread prompt, and urgent if the operator wants that; internal/cpuwork makes those of its workers
// nice, and its processes idle. A goroutine that calls it must be locked to its thread, and those that are not urgent must end
// locked, for their thread never gets its rank back. Where the system has nothing of the kind the functions do nothing. It imports
// nothing of this module.
package thread

// Prompt asks that the calling thread runs soon after the moment that it slept for: the kernel sets timers exactly instead of
// gathering them within 50 us, and lets the thread in before one that computes has used up its slice of some 3 ms (Linux 6.12 and
// later). It takes no processor time from others, and needs no right. What a kernel does not know it ignores.
func Prompt() { prompt() }

// Urgent makes the calling thread run before all ordinary ones of the machine, until it sleeps. It needs a right: CAP_SYS_NICE, or a
// limit for real-time priorities (RLIMIT_RTPRIO). Threads and processes that it starts are ordinary. An error says what is missing.
func Urgent() error { return urgent() }

// Ordinary takes back what Urgent has given to the thread called id, and may be called by any other.
func Ordinary(id int) { ordinary(id) }

// ID names the calling thread for Ordinary.
func ID() int { return id() }

// Nice makes the calling thread yield to all others of the machine, of which it still gets a hundredth. It is for threads of a process
// that others wait for: one that never runs would stop Go's garbage collector.
func Nice() { nice() }

// IdleProcess lets all threads of this process run only when no others want to.
func IdleProcess() { idleProcess() }
