package mail

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.uber.org/zap"
)

// filesKept bounds the folder of Files; the oldest go.
const filesKept = 100

// Files is the Sender of a server without SMTP: it writes each e-mail into a file that only the server's user may read, and logs
// where. It is for development and for operators who pass links on by hand.
type Files struct {
	Dir string // made with mode 0700
	Log *zap.Logger
}

// Send writes the e-mail.
func (f Files) Send(_ context.Context, m Mail) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(f.Dir, "*.txt"))
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	next := 1
	if len(old) > 0 { // names are numbers of one width, so their order is that of their making
		slices.Sort(old)
		if _, err := fmt.Sscanf(filepath.Base(old[len(old)-1]), "%d.txt", &next); err == nil {
			next++
		}
	}
	for len(old) >= filesKept {
		if err := os.Remove(old[0]); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		old = old[1:]
	}
	name := filepath.Join(f.Dir, fmt.Sprintf("%09d.txt", next))
	text := fmt.Sprintf("To: %s\nSubject: %s\n\n%s", m.To, m.Subject, m.Text)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	f.Log.Info("an e-mail is in a file, because there is no --smtp", zap.String("file", name), zap.String("subject", m.Subject))
	return nil
}
