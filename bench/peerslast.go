//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"slices"
)

// lastReport is the newest report of a comparison in a folder, packed by gzip or not, and the zero value where there is none. Searches begin
// with what it found: on another machine, or with other servers, they only take a few tries more.
func lastReport(folder string) (c comparison, err error) {
	names, err := filepath.Glob(filepath.Join(folder, "peers-*.json*"))
	if err != nil || len(names) == 0 {
		return c, err
	}
	// They are named by the day.
	if err := readResult(slices.Max(names), &c); err != nil {
		return c, fmt.Errorf("%w; move it away to search without it", err)
	}
	return c, nil
}

// most is how many clients the report says that a server carries; 0: it does not say.
func (c comparison) most(scenario, name string) int {
	for _, s := range c.Servers {
		if s.Scenario == scenario && s.Name == name {
			return s.Most()
		}
	}
	return 0
}
