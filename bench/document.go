//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The table of the short set in docs/performance.md stands between two lines, of which the first names the result that it is of.
const (
	tableOf  = "<!-- The table of "
	tableBy  = ", written by go run ./bench --page: do not edit. -->"
	tableEnd = "<!-- The end of the table. -->"
)

// markdown prints the table of a result that was written before, or puts it into a page.
func markdown(cfg config) error {
	var r report
	if err := readResult(cfg.markdown, &r); err != nil {
		return err
	}
	if cfg.page != "" {
		return intoPage(cfg.page, cfg.markdown, r)
	}
	_, err := fmt.Print(r.markdown())
	return err
}

// markdown is the report's table, with a line about where it is from.
func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "`make bench`, %s UTC", r.Date.Format("2 January 2006, 15:04"))
	if r.Commit != "" {
		fmt.Fprintf(&b, ", at %s", r.Commit)
	}
	fmt.Fprintf(&b, ", on %s: %s.\n\n", r.Machine, r.summary())
	b.WriteString("| part | figure | measured | bar | of each run | |\n|---|---|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, p := range r.Parts {
		title := p.Title
		for _, v := range p.Verdicts {
			measured, word := v.Figure(), "met"
			if p.Error != "" {
				measured = p.Error
			}
			if !v.Pass {
				word = strings.TrimSpace("**missed** " + v.By())
			}
			if v.From != "" {
				word += ", in " + v.From
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", cell(title), cell(v.Key()), cell(measured), cell(v.Bar),
				cell(strings.TrimPrefix(v.Of(), "of ")), cell(word))
			title = ""
		}
	}
	return b.String()
}

// intoPage puts the table of a result into a page, in place of the one that is there, and says which misses the page does not explain.
func intoPage(file, result string, r report) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("put the table into the page: %w", err)
	}
	head, _, tail, err := splitPage(string(page))
	if err != nil {
		return fmt.Errorf("put the table into %s: %w", file, err)
	}
	text := head + tableOf + filepath.ToSlash(result) + tableBy + "\n\n" + r.markdown() + "\n" + tableEnd + tail
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("put the table into the page: %w", err)
	}
	fmt.Printf("Written: the table of %s in %s\n", result, file)
	for _, key := range r.unexplained(text) {
		fmt.Printf("%s does not say why this is missed: %s. Begin a line with - **%s**\n", file, key, key)
	}
	return nil
}

// splitPage is a page without its table, and the name of the table's result.
func splitPage(page string) (head, result, tail string, err error) {
	head, rest, begins := strings.Cut(page, tableOf)
	result, rest, named := strings.Cut(rest, tableBy)
	_, tail, ends := strings.Cut(rest, tableEnd)
	if !begins || !named || !ends || strings.Contains(result, "\n") {
		return "", "", "", fmt.Errorf("it has no table to replace, which stands between %q and %q", tableOf+"FILE"+tableBy, tableEnd)
	}
	return head, result, tail, nil
}

// unexplained are the figures that miss their bars and of which a page does not say why, each once.
func (r report) unexplained(page string) (keys []string) {
	for _, v := range r.verdicts() {
		if !v.Pass && !strings.Contains(page, "\n- **"+v.Key()+"**") && !slices.Contains(keys, v.Key()) {
			keys = append(keys, v.Key())
		}
	}
	return keys
}

// lastPeers is the newest comparison with other servers, which takes longer than the short set: make peers.
func lastPeers(_ context.Context, b *bench) (figures, error) {
	files, err := filepath.Glob(filepath.Join(b.cfg.out, "peers-*.json*"))
	if err != nil {
		return figures{}, err
	}
	if len(files) == 0 {
		return figures{}, fmt.Errorf("there is no comparison with other servers in %s: make peers makes one", b.cfg.out)
	}
	name := slices.Max(files)
	var c comparison
	if err := readResult(name, &c); err != nil {
		return figures{}, err
	}
	f := figures{verdicts: c.verdicts(), text: fmt.Sprintf("%s of %s", filepath.Base(name), c.Date.Format("2 January 2006, 15:04"))}
	if len(f.verdicts) == 0 {
		return figures{}, fmt.Errorf("%s has no searches for the most clients: make peers has them, make peers PEERS=quick has not", name)
	}
	for i := range f.verdicts {
		f.verdicts[i].From = filepath.Base(name)
	}
	return f, nil
}

// writeResult writes v as JSON, compressed where the name ends in .gz.
func writeResult(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if strings.HasSuffix(name, ".gz") {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(raw) // into memory, as the Close below
		z.Close()
		raw = out.Bytes()
	}
	return os.WriteFile(name, raw, 0o644)
}

// readResult reads what writeResult has written.
func readResult(name string, v any) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read a result: %w", err)
	}
	defer f.Close()
	in := io.Reader(f)
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("read the result %s: %w", name, err)
		}
	}
	if err := json.NewDecoder(in).Decode(v); err != nil {
		return fmt.Errorf("read the result %s: %w", name, err)
	}
	return nil
}
