//go:build !linux || !(amd64 || arm64)

package conn

// HasPoller says that there is no Poller on this system.
const HasPoller = false

// Best makes the Transport that serves plain sockets best on this system.
func Best(cfg Config) Transport { return NewPortable(cfg) }
