//go:build linux

package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// peer is another server that is given the work of a scenario.
type peer struct {
	name string
	// program is what is built of bench/peers, if it is written in Go, script what Node runs of it otherwise, with env.
	program string
	script  string
	env     string
	// module is whose version it is named with.
	module string
	// needs is a package that npm ci does not install. Without it the server is not measured, and the report says so. Empty: none.
	needs  string
	lacks  string  // what it does not do
	bar    float64 // how many times as many clients ours should carry; 0: none is set
	target func(addr string, s scenario, n size) load.Target
}

// peers are the servers of bench/peers for a scenario.
func peers(scenario string) []peer {
	const noState = "deltas, interest, accounts, prediction, labelled inputs, resuming"
	const bare = noState + "; a client that does not read stops its room"
	const node = noState + "; what waits for a client that does not read has no bound"
	const colyseus = "prediction, labelled inputs and resuming, which it has, are off; " +
		"what waits for a client that does not read has no bound"
	const ws = colyseus + "; the transport is ws, its default, and not uWebSockets.js, which it recommends and npm does not have"
	if scenario == "crowd" {
		return []peer{{
			name: "Colyseus, StateView", script: "colyseus-crowd.js", module: "@colyseus/core", lacks: ws,
			bar: 3, target: colyseusCrowd,
		}}
	}
	return []peer{
		{name: "gobwas, whole states", program: "gobwas", module: "github.com/gobwas/ws", lacks: bare, target: rawTarget(false)},
		{
			name: "gorilla, PreparedMessage", program: "gorilla", module: "github.com/gorilla/websocket", lacks: bare, target: rawTarget(false),
		},
		{name: "Node ws, packed by hand", script: "ws-packed.js", module: "ws", lacks: node, target: rawTarget(false)},
		{name: "Node ws, JSON", script: "ws-json.js", module: "ws", lacks: node, target: rawTarget(true)},
		{
			name: "Colyseus, float32", script: "colyseus-arena.js", env: "FIELDS=float", module: "@colyseus/core", lacks: ws,
			bar: 2.2, target: colyseusArena,
		},
		{
			name: "Colyseus, 16 bits", script: "colyseus-arena.js", env: "FIELDS=quantized", module: "@colyseus/core", lacks: ws,
			bar: 2.2, target: colyseusArena,
		},
		{
			name: "Colyseus, float32, uWebSockets", script: "colyseus-arena.js", env: "FIELDS=float TRANSPORT=uws", module: "@colyseus/core",
			needs: "@colyseus/uwebsockets-transport", lacks: colyseus, bar: 2.2, target: colyseusArena,
		},
	}
}

func rawTarget(json bool) func(string, scenario, size) load.Target {
	return func(addr string, s scenario, _ size) load.Target {
		return load.Raw{Addr: addr, PerRoom: s.perRoom, JSON: json, Decode: s.decode}
	}
}

func colyseusArena(addr string, s scenario, _ size) load.Target {
	return &load.Colyseus{Addr: addr, Room: "arena100", PerRoom: s.perRoom}
}

func colyseusCrowd(addr string, s scenario, n size) load.Target {
	return &load.Colyseus{Addr: addr, Room: "crowd", Options: s.options(n)}
}

// errPrepare says that the peers are not there.
var errPrepare = errors.New("the other servers are not installed: use make peers, from the top of the repository")

// errLeftOut says that a peer is not there that need not be.
var errLeftOut = errors.New("not installed; bench/peers/README.md says how")

// prepare builds what has to be built, and says its version.
func (p *peer) prepare(ctx context.Context, cfg config, dir string) (version string, err error) {
	if p.program == "" {
		version, err := packageVersion(cfg, p.module)
		if err != nil || p.needs == "" {
			return version, err
		}
		if _, err = packageVersion(cfg, p.needs); errors.Is(err, errPrepare) {
			err = errLeftOut
		}
		return version, err
	}
	out := filepath.Join(dir, p.program)
	build := exec.CommandContext(ctx, "go", "build", "-C", cfg.peersDir, "-o", out, "./"+p.program)
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", p.program, err, text)
	}
	info, err := buildinfo.ReadFile(out)
	if err != nil {
		return "", err
	}
	for _, d := range info.Deps {
		if d.Path == p.module {
			return d.Version, nil
		}
	}
	return "", fmt.Errorf("%s is built without %s", p.program, p.module)
}

// packageVersion is that of an installed package of npm.
func packageVersion(cfg config, name string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(cfg.peersDir, "node_modules", filepath.FromSlash(name), "package.json"))
	if errors.Is(err, os.ErrNotExist) {
		return "", errPrepare
	}
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	err = json.Unmarshal(raw, &p)
	return p.Version, err
}

// command is what starts it.
func (p *peer) command(cfg config, dir string) *exec.Cmd {
	if p.program != "" {
		return exec.Command(filepath.Join(dir, p.program))
	}
	cmd := exec.Command("node", filepath.Join(cfg.peersDir, "node", p.script))
	cmd.Env = append(append(os.Environ(), "NODE_ENV=production"), strings.Fields(p.env)...)
	return cmd
}

// byHand is the same for people.
func (p *peer) byHand(cfg config) string {
	if p.program != "" {
		return fmt.Sprintf("go run -C %s ./%s", cfg.peersDir, p.program)
	}
	return strings.TrimSpace(p.env + " NODE_ENV=production node " + filepath.Join(cfg.peersDir, "node", p.script))
}

// running is a peer's process.
type running struct {
	*proc.Child
	addr string
}

func (p *peer) start(cfg config, dir string, on proc.Set) (*running, error) {
	child, err := proc.StartChild(p.command(cfg, dir), on)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	port, err := strconv.ParseUint(child.Line, 10, 16)
	if err != nil {
		child.Stop(0)
		return nil, fmt.Errorf("start %s: it does not say its port: %w", p.name, err)
	}
	return &running{Child: child, addr: net.JoinHostPort("127.0.0.1", strconv.FormatUint(port, 10))}, nil
}

// peerOnce makes one run with a fresh server of another kind.
func (b *bench) peerOnce(ctx context.Context, s scenario, n size) (result, error) {
	r := result{Scenario: s.name, Rooms: n.rooms}
	srv, err := b.peer.start(b.cfg, b.dir, b.server)
	if err != nil {
		return r, err
	}
	defer srv.Stop(0) // it has nothing to put in order
	empty, err := proc.RSS(srv.PID)
	if err != nil {
		return r, err
	}
	g, err := load.New(load.Config{Target: b.peer.target(srv.addr, s, n), Rate: s.rate(), OnPlaying: b.progress(n.clients)})
	if err != nil {
		return r, err
	}
	defer g.Close()
	start := time.Now()
	if failed, err := g.Join(ctx, 0, n.clients); err != nil {
		return r, err
	} else if failed > 0 {
		b.say("  %d of %d clients did not get in: %v", failed, n.clients, g.Failures())
	}
	r.Detail.JoinS = round(time.Since(start).Seconds())
	if err := pause(ctx, b.cfg.settle); err != nil {
		return r, err
	}
	cpu, err := readCost(srv.PID, b.server)
	if err != nil {
		return r, err
	}
	w, err := g.Measure(ctx, b.cfg.duration)
	if err := errors.Join(err, ctx.Err()); err != nil {
		return r, err
	}
	after, err := readCost(srv.PID, b.server)
	if err != nil {
		return r, err
	}
	r.take(w)
	r.Detail.DriftTicks = 0 // some have no ticks
	r.Clients = g.Playing()
	r.charge(after.since(cpu), w)
	r.RSSPerClient = round(float64(after.rss-empty) / 1024 / float64(max(1, r.Clients)))
	return r, nil
}
