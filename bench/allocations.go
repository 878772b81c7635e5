//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// allocations counts the heap objects that a server allocates.
//
// The counter on /metrics would be cheaper to read, and is late: Go adds what a size of objects has had when a run of memory for it
// is full, or with a collection. A server that allocates nothing is then seen to allocate some hundred objects of its clients'
// arrival, or none of what it does. The heap's profile as text asks runtime.ReadMemStats, which has all of them counted first.
type allocations struct {
	server *server
	counts []float64
}

// read notes how many there have been.
func (a *allocations) read(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server.admin+"/debug/pprof/heap?debug=1", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("count allocations: %w", err)
	}
	defer res.Body.Close()
	n, found := 0.0, false
	for lines := bufio.NewScanner(res.Body); lines.Scan(); { // to the end, so that the connection is used again
		if value, ok := strings.CutPrefix(lines.Text(), "# Mallocs = "); ok {
			n, err = strconv.ParseFloat(value, 64)
			found = err == nil
		}
	}
	if !found {
		return errors.New("count allocations: the heap's profile does not say how many there were")
	}
	a.counts = append(a.counts, n)
	return nil
}

// scraped reads the metrics for what that allocates.
func (a *allocations) scraped(ctx context.Context) error {
	_, err := a.server.scrape(ctx)
	return err
}

// more is how many there were between the last two readings beyond those between the two before.
func (a *allocations) more() float64 {
	n := a.counts
	return n[2] - n[1] - (n[1] - n[0])
}
