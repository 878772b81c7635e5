package bot

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress shows the live line.
type progress struct {
	w        io.Writer // nil: nobody watches
	terminal bool      // one line, rewritten
	next     time.Time // of the next line, if it is no terminal
	width    int       // of the line on the terminal
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

const (
	showEvery = time.Second
	lineEvery = 5 * time.Second
)

func (p *progress) show(now time.Time, l live) {
	if p.w == nil || !p.terminal && now.Before(p.next) {
		return
	}
	stage := "joining"
	if l.measuring > 0 {
		stage = fmt.Sprintf("%4.0f s", l.measuring.Seconds())
	}
	line := fmt.Sprintf("%s  %d/%d playing  %.1f snapshots/s  %.0f B/s each  %d disconnects  %d desyncs  %d errors",
		stage, l.playing, l.clients, l.snapshots, l.bytes, l.disconnects, l.desyncs, l.errors)
	if !p.terminal {
		p.next = now.Add(lineEvery - showEvery/2) // the next one is not to miss it by a hair
		fmt.Fprintln(p.w, line)                   // a reader that is gone must not end the run
		return
	}
	p.width = max(p.width, len(line))
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
}

// end leaves the cursor on a line of its own.
func (p *progress) end() {
	if p.terminal && p.width > 0 {
		fmt.Fprintln(p.w)
	}
}
