package skirmish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/skirmish-dev/skirmish/bench/bot"
	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema/tsgen"
)

// stdio is where a command prints.
type stdio struct{ out, err io.Writer }

// cli is the command line. Every flag has an environment twin: --admin-listen is SKIRMISH_ADMIN_LISTEN.
type cli struct {
	Serve   serveCmd   `cmd:"" default:"withargs" help:"Run the server (the default command)."`
	Bots    botsCmd    `cmd:"" help:"Play against a server with bots over real connections, and report. They steer, shoot and move in the games they know, and do random things in others."`
	Gen     genCmd     `cmd:"" help:"Write the field tables and types of a game for the browser client."`
	Keys    keysCmd    `cmd:"" help:"Rotate the keys that sign tokens."`
	Admin   adminCmd   `cmd:"" help:"Give roles, on the data folder."`
	Match   matchCmd   `cmd:"" help:"Try the rules of matchmaking."`
	Hash    hashCmd    `cmd:"" name:"hash-worker" hidden:"" help:"Compute password hashes for the server that starts it."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// startError is a failure to start: the user's to mend, exit code 2.
type startError struct{ error }

func (e startError) Unwrap() error { return e.error }

// run parses args and runs one command. It returns the exit code.
func run(ctx context.Context, args []string, games []*game.Def, io stdio) int {
	exited := -1
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	parser, err := kong.New(&cli{},
		kong.Name(name),
		kong.Description("A multiplayer game state server for browser games."),
		kong.DefaultEnvars("SKIRMISH"),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exited = code }), // --help
		kong.Vars{"games": strings.Join(names(games), ", "), "first_game": names(games)[0], "match_shapes": shapeNames()},
	)
	if err != nil {
		fmt.Fprintln(io.err, name+":", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		command.BindTo(ctx, (*context.Context)(nil))
		err = command.Run(games, io)
	}
	var start startError
	var parse *kong.ParseError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &parse):
		fmt.Fprintf(io.err, "%s: %v (%s --help lists what there is)\n", name, err, strings.TrimSuffix(name+" "+commandOf(parse, args), " "))
		return 2
	case errors.As(err, &start):
		fmt.Fprintf(io.err, "%s: %v\n", name, err)
		return 2
	default:
		fmt.Fprintf(io.err, "%s: %v\n", name, err)
		return 1
	}
}

// commandOf returns the command whose arguments are wrong: flags without one are those of serve, and a word that is none is nobody's.
func commandOf(err *kong.ParseError, args []string) string {
	switch {
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		return "serve"
	case !strings.HasPrefix(err.Context.Command(), args[0]):
		return ""
	}
	return err.Context.Command()
}

func names(games []*game.Def) []string {
	var list []string
	for _, g := range games {
		list = append(list, g.Name())
	}
	if len(list) == 0 {
		list = []string{""}
	}
	return list
}

// find gives the game of that name.
func find(games []*game.Def, name string) (*game.Def, error) {
	for _, g := range games {
		if g.Name() == name {
			return g, nil
		}
	}
	return nil, startError{fmt.Errorf("no game %q in this program; it has: %s", name, strings.Join(names(games), ", "))}
}

type botsCmd struct {
	URL      string        `default:"http://127.0.0.1:8080" help:"Address of the server."`
	Game     string        `default:"${first_game}" help:"Game to play: ${games}."`
	Clients  int           `default:"20" help:"Number of bots."`
	Duration time.Duration `default:"30s" help:"How long to play."`
	Rooms    int           `default:"0" help:"Rooms to make and spread the bots over; 0 leaves it to quick join."`
	Check    bool          `default:"true" negatable:"" help:"Verify a checksum with every snapshot."`
	JSON     string        `name:"json" placeholder:"FILE" help:"Write the report as JSON to a file, or to standard output with -."`
}

// Run plays and prints a table; with --json - the table goes to standard error and standard output is JSON alone.
func (c *botsCmd) Run(ctx context.Context, _ []*game.Def, io stdio) error {
	if c.Clients < 1 || c.Duration <= 0 || c.Rooms < 0 {
		return startError{errors.New("--clients and --duration must be over 0, --rooms 0 or more")}
	}
	cfg := bot.Config{
		URL: c.URL, Game: c.Game, Clients: c.Clients, Duration: c.Duration, Rooms: c.Rooms, Check: c.Check, Progress: io.err,
	}
	if err := cfg.Validate(); err != nil {
		return startError{err}
	}
	report, failed := bot.Run(ctx, cfg)
	table := io.out
	if c.JSON == "-" {
		table = io.err
	}
	if failed == nil || report.Connected > 0 { // the error says all that there is to say of nobody
		if err := report.WriteTable(table); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if c.JSON == "" {
		return failed
	}
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	// A run that failed has a report too: it says why nobody got in.
	return errors.Join(failed, write(c.JSON, append(raw, '\n'), io))
}

type genCmd struct {
	Game string `default:"${first_game}" help:"Game: ${games}."`
	Out  string `default:"-" placeholder:"FILE" help:"File to write: TypeScript, or JavaScript without types if it ends in .js; - is TypeScript on standard output."`
}

// Run writes the browser's side of the game.
func (c *genCmd) Run(games []*game.Def, io stdio) error {
	g, err := find(games, c.Game)
	if err != nil {
		return err
	}
	switch filepath.Ext(c.Out) {
	case ".js", ".mjs":
		return write(c.Out, tsgen.JavaScript(g.Schema()), io)
	case ".ts", ".mts":
		return write(c.Out, tsgen.TypeScript(g.Schema()), io)
	}
	if c.Out == "-" {
		return write(c.Out, tsgen.TypeScript(g.Schema()), io)
	}
	return startError{fmt.Errorf("--out %s: name a .ts or a .js file", c.Out)}
}

// write puts data into a file, or on standard output for "-".
func write(path string, data []byte, io stdio) error {
	if path == "-" {
		_, err := io.out.Write(data)
		return err
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return startError{err}
	}
	return nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(io stdio) error {
	_, err := fmt.Fprintf(io.out, "skirmish %s (protocol %d)\n", version(), msg.Version)
	return err
}

// version is that of the module the program was built from, with the commit when it was built in a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(v, s.Value[:min(12, len(s.Value))]) {
			v += "+" + s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}
