//go:build linux

package main

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/skirmish-dev/skirmish/bench/hist"
)

// writePage writes the report as one HTML file that loads nothing.
func (r report) writePage(w io.Writer) error { return page.Execute(w, r) }

var page = template.Must(template.New("report").Funcs(template.FuncMap{"curves": curves, "summary": report.summary, "ratio": result.floorRatio, "transport": result.transportRatio}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Skirmish: benchmarks of {{.Date.Format "2006-01-02"}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
tbody tr:nth-child(odd) { background: #f4f4f6 } .n { text-align: right; font-variant-numeric: tabular-nums }
.miss { color: #b00; font-weight: bold } .pass { color: #070 } code { background: #f4f4f6; padding: .1rem .3rem }
figure { display: inline-block; margin: 0 1rem 1rem 0 } figcaption { font-size: 13px; color: #555 }
</style>
<h1>Skirmish: benchmarks of {{.Date.Format "2006-01-02 15:04"}} UTC</h1>
<p>{{summary .}}. {{.Machine}}{{with .Commit}}, {{.}}{{end}}. Server on one processor, load on the others, loopback. Times drift on shared machines: compare within one report, by
ratios. A figure of several runs is their median. How each figure is taken: docs/performance.md.
<h2>Against the bars</h2>
<table><thead><tr><th>scenario<th>figure<th class="n">value<th>bar<th><th>runs</thead><tbody>
{{range .Parts}}{{range .Verdicts}}<tr><td>{{.Scenario}}<td>{{.Name}}<td class="n">{{.Figure}}<td>{{.Bar}}
<td>{{if .Pass}}<span class="pass">pass</span>{{else}}<span class="miss">miss</span>{{end}}<td>{{.Of}} {{.From}}
{{end}}{{end}}</tbody></table>
{{range .Parts}}
<h2>{{.Title}}</h2>
<p><code>{{.Command}}</code>
{{if .Error}}<p class="miss">{{.Error}}{{else if .Text}}<pre>{{.Text}}</pre>{{else}}
<table><thead><tr><th>run<th class="n">clients<th class="n">Hz, least / mean<th class="n">joined in s<th class="n">gap ms p50 / p99 / longest<th class="n">gaps over 1.5 ticks<th class="n">effect ms p50 / p99
<th class="n">B<th class="n">CPU us<th class="n">floor us<th class="n">ratio<th class="n">transport alone us, ratio<th class="n">allocs per tick<th class="n">late ms p99
<th class="n">drift, ticks<th class="n">KB per client<th class="n">server, load %<th class="n">others, packets, stolen %<th class="n">waited %</thead><tbody>
{{range $i, $r := .Runs}}<tr><td>{{$i}}<td class="n">{{.Clients}}<td class="n">{{printf "%.2f / %.2f" .HzMin .HzMean}}
<td class="n">{{printf "%.1f" .Detail.JoinS}}<td class="n">{{printf "%.1f / %.1f / %.1f" .GapMS.P50 .GapMS.P99 .Detail.GapMaxMS}}
<td class="n">{{printf "%.0f" .Detail.TicksMissed}}<td class="n">{{printf "%.1f / %.1f" .InputToEffectMS.P50 .InputToEffectMS.P99}}
<td class="n">{{printf "%.0f" .BytesPerSnapshot}}<td class="n">{{printf "%.2f" .CPUPerSnapshot}}<td class="n">{{printf "%.2f" .FloorUS}}
<td class="n">{{printf "%.2f" (ratio .)}}<td class="n">{{if .Detail.TransportUS}}{{printf "%.2f, %.2f" .Detail.TransportUS (transport .)}}{{end}}
<td class="n">{{printf "%.2f" .AllocsPerTick}}<td class="n">{{printf "%.2f" .LatenessMS.P99}}
<td class="n">{{printf "%.2f" .Detail.DriftTicks}}<td class="n">{{printf "%.1f" .RSSPerClient}}<td class="n">{{printf "%.0f, %.0f" .Detail.ServerCPU .BotsCPU}}
<td class="n">{{with .Detail.Processor}}{{printf "%.1f, %.1f, %.1f" .Others .IRQ .Steal}}{{end}}
<td class="n">{{printf "%.1f" .Detail.ServerWaited}}{{if .Detail.BotsWereLimit}} <span class="miss">load was the limit</span>{{end}}
{{end}}</tbody></table>
{{curves .Runs}}{{end}}{{end}}
`))

// curves draws which part of the gaps, and of the times from input to effect, is at most so long: a curve per run.
func curves(runs []result) template.HTML {
	var gaps, effects [][]hist.Bar
	for _, r := range runs {
		gaps, effects = append(gaps, r.Detail.Gaps), append(effects, r.Detail.InputToEffects)
	}
	return template.HTML(drawing("Gap between two snapshots", gaps) + drawing("From an input to its effect", effects))
}

// Of a drawing, in pixels.
const (
	drawnWidth  = 420
	drawnHeight = 180
	margin      = 30
)

// drawing is one set of curves as SVG; all text in it is the caller's or numbers.
func drawing(title string, runs [][]hist.Bar) string {
	most := 0.0
	for _, bars := range runs {
		if n := len(bars); n > 0 {
			most = max(most, bars[n-1].MS)
		}
	}
	if most == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<figure><svg width="%d" height="%d" viewBox="0 0 %d %d" font-size="11" fill="#555">`,
		drawnWidth+2*margin, drawnHeight+2*margin, drawnWidth+2*margin, drawnHeight+2*margin)
	for i := range 5 {
		x, y := margin+float64(i)*drawnWidth/4, margin+float64(i)*drawnHeight/4
		fmt.Fprintf(&b, `<path d="M%.0f %d V%d M%d %.0f H%d" stroke="#ddd"/><text x="%.0f" y="%d" text-anchor="middle">%.3g</text>`+
			`<text x="%d" y="%.0f" text-anchor="end">%d%%</text>`,
			x, margin, margin+drawnHeight, margin, y, margin+drawnWidth, x, drawnHeight+2*margin-14, most*float64(i)/4, margin-3, y+4, 100-25*i)
	}
	for _, bars := range runs {
		total, sum := int64(0), int64(0)
		for _, bar := range bars {
			total += bar.Count
		}
		fmt.Fprintf(&b, `<path fill="none" stroke="#2563eb" stroke-width="1.3" d="M%d %d`, margin, margin+drawnHeight)
		lastX := -1.0
		for i, bar := range bars {
			sum += bar.Count
			x := margin + bar.MS/most*drawnWidth
			if x-lastX < 0.5 && i < len(bars)-1 {
				continue // less than a pixel further
			}
			lastX = x
			fmt.Fprintf(&b, " L%.1f %.1f", x, margin+drawnHeight*(1-float64(sum)/float64(total)))
		}
		b.WriteString(`"/>`)
	}
	fmt.Fprintf(&b, `</svg><figcaption>%s, ms: part of all that is at most so long</figcaption></figure>`, template.HTMLEscapeString(title))
	return b.String()
}
