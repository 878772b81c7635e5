//go:build linux

package apply

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestResultsAreAppliedAndTimed(t *testing.T) {
	order := fmt.Sprintf(`{"Dir": %q, "AtOnce": 3, "Players": 10, "Duration": %d}`, t.TempDir(), 200*time.Millisecond)
	var out bytes.Buffer
	if err := Main(t.Context(), order, &out); err != nil {
		t.Fatal(err)
	}
	var f Figures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil || f.Applied == 0 || f.P50MS <= 0 || f.P99MS < f.P50MS || len(f.Bars) == 0 {
		t.Errorf("%v, %+v", err, f)
	}
	if err := Main(t.Context(), `{"Dir": ""}`, &out); err == nil || !strings.Contains(err.Error(), "Dir") {
		t.Errorf("without a folder: %v", err)
	}
}
