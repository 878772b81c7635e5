// Package product measures what is delivered and needs no load: how soon a server that has just been started lets its first player in,
// how long the matchmaker takes for a pass, and how large the program and the browser's SDK are.
//
// The program is cmd/skirmish, built as for a release. The bench command calls Build and then what it wants to know; it says on which
// processors. The package imports netcode/client, and reads the sources of the SDK from clients/js/sdk. It must not import the root:
// what is measured is a process of its own.
package product

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is the skirmish program, and where the module that it was built from is.
type Program struct {
	Path string
	// Module is the folder of go.mod.
	Module string
}

// Build builds the program into a folder, without symbols and debug information. It must be called in a folder of this module.
func Build(ctx context.Context, folder string) (Program, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return Program{}, fmt.Errorf("product: go env GOMOD: %w", err)
	}
	p := Program{Path: filepath.Join(folder, "skirmish"), Module: filepath.Dir(strings.TrimSpace(string(mod)))}
	build := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", p.Path, "./cmd/skirmish")
	build.Dir = p.Module
	if said, err := build.CombinedOutput(); err != nil {
		return Program{}, fmt.Errorf("product: build cmd/skirmish in %s, the folder of the module this is run in: %w\n%s", p.Module, err, said)
	}
	return p, nil
}

// Bytes is how large the program is.
func (p Program) Bytes() (int64, error) {
	info, err := os.Stat(p.Path)
	if err != nil {
		return 0, fmt.Errorf("product: %w", err)
	}
	return info.Size(), nil
}
