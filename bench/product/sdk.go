package product

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// SDK is what pages load of the browser's SDK, in KiB: bundled, minified, gzipped.
type SDK struct {
	CoreKiB       float64 `json:"core_kib"`       // the least that a page is in a room with
	PredictionKiB float64 `json:"prediction_kib"` // the same with prediction
}

// SDK bundles the two pages of the SDK's own test of sizes (clients/js/sdk/test/size.test.ts) with esbuild, which is a tool of this
// module: it needs neither Node nor packages of npm. Go's gzip is used at its best, whose
// files are up to 0.2 % larger than those of Node's zlib in that test.
func (p Program) SDK(ctx context.Context) (s SDK, err error) {
	if s.CoreKiB, err = p.page(ctx, `export { CoreRoom } from "./src/index.ts";`); err != nil {
		return s, err
	}
	s.PredictionKiB, err = p.page(ctx, `export { CoreRoom, predict } from "./src/index.ts";`)
	return s, err
}

// page is how large the bundle of a source is, in KiB.
func (p Program) page(ctx context.Context, source string) (float64, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "tool", "esbuild", "--bundle", "--minify", "--format=esm", "--target=es2022")
	cmd.Dir, cmd.Stdin, cmd.Stderr = filepath.Join(p.Module, "clients/js/sdk"), strings.NewReader(source), &said
	bundle, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("product: bundle the SDK in %s: %w\n%s", cmd.Dir, err, said.Bytes())
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	z.Write(bundle) // into memory, as the Close below
	z.Close()
	return float64(out.Len()) / 1024, nil
}
