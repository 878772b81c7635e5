package lobby

import "sync"

// waitsOfAccount is how many requests of one account wait at once, as many as it may have streams of events: one account must not use
// up what all may hold.
const waitsOfAccount = 12

// waits counts the long polls of each account. It is concurrent-safe; its zero value is ready.
type waits struct {
	mu sync.Mutex
	of map[string]int
}

// begin counts one more of an account, or says that it has its share. Each that has begun ends.
func (w *waits) begin(account string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]int{}
	}
	if w.of[account] >= waitsOfAccount {
		return false
	}
	w.of[account]++
	return true
}

func (w *waits) end(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[account]--; w.of[account] == 0 {
		delete(w.of, account)
	}
}
