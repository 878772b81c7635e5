package httpguard

import (
	"net/http"
	"net/netip"
	"strings"

	"go.uber.org/zap"
)

// maxHops bounds the walk through X-Forwarded-For: no chain of proxies is longer.
const maxHops = 16

// clientAddr is the address to limit and log by. X-Forwarded-For is walked from the right, the end that the nearest proxy
// wrote, for as long as the address that reports is a trusted proxy; what stands left of that, the client made up.
func (g *Guard) clientAddr(r *http.Request) netip.Addr {
	addr := peer(r)
	forwarded := r.Header.Values("X-Forwarded-For")
	if !g.trusted(addr) {
		if len(forwarded) > 0 || r.Header.Get("Forwarded") != "" {
			g.warnUntrusted(addr)
		}
		return addr
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-maxHops; i-- {
		next, ok := hop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = next
		if !g.trusted(addr) {
			break
		}
	}
	return addr
}

// hop reads one entry of X-Forwarded-For. The header has no standard: some proxies write the port too, and IPv6 in brackets.
func hop(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func (g *Guard) warnUntrusted(addr netip.Addr) {
	g.warnProxy.Do(func() {
		g.log.Warn("ignoring X-Forwarded-For of an address that is no trusted proxy; if it is one, name it with --trusted-proxies",
			zap.Stringer("client", addr))
	})
}

func (g *Guard) trusted(addr netip.Addr) bool { return contains(g.cfg.TrustedProxies, addr) }

// contains reports whether addr is in one of the networks; the zero Addr is in none.
func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
