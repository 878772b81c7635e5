//go:build linux

package main

import (
	"html/template"
	"io"
)

// writePage writes the comparison as one HTML file that loads nothing.
func (c comparison) writePage(w io.Writer) error { return peersPage.Execute(w, c) }

var peersFuncs = template.FuncMap{"waited": compared.waited, "legend": func() string { return legend }}

var peersPage = template.Must(template.New("peers").Funcs(peersFuncs).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Skirmish beside other servers, {{.Date.Format "2006-01-02"}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
tbody tr:nth-child(odd) { background: #f4f4f6 } .n { text-align: right; font-variant-numeric: tabular-nums }
.miss { color: #b00; font-weight: bold } code { background: #f4f4f6; padding: .1rem .3rem }
</style>
<h1>Skirmish beside other servers, {{.Date.Format "2006-01-02 15:04"}} UTC</h1>
<p>{{.Machine}}, Node {{.Node}}. Each server on one processor, the load on the others, loopback; the same load, one server after the
other, {{.Mode}} mode.
Times drift on shared machines: compare within one report, by ratios. How each figure is taken: docs/performance.md.
<table><thead><tr><th>scenario<th>server<th class="n">most clients<th>of each search<th>Skirmish by that<th class="n">CPU us there<th class="n">at 400
<th class="n">bytes<th class="n">RSS KB per client<th class="n">Hz, least<th class="n">gap ms p99<th class="n">waited %</thead><tbody>
{{range .Servers}}<tr><td>{{.Scenario}}<td>{{.Name}} {{.Version}}{{if .Searches}}<td class="n">{{.Most}}
<td>{{.Each}}<td>{{.Ratio}}<td class="n">{{printf "%.1f" .Largest.CPUPerSnapshot}}{{else}}<td><td><td><td>{{end}}<td class="n">{{printf "%.1f" .Few.CPUPerSnapshot}}
<td class="n">{{printf "%.0f" .Largest.BytesPerSnapshot}}<td class="n">{{printf "%.1f" .Largest.RSSPerClient}}
<td class="n">{{printf "%.2f" .Largest.HzMin}}<td class="n">{{printf "%.1f" .Largest.GapMS.P99}}<td class="n">{{printf "%.0f" (waited .)}}
{{if .Error}}<td class="miss">{{.Error}}{{end}}
{{end}}</tbody></table>
<p>{{legend}}
<h2>What started each, and what it does not do</h2>
<table><tbody>
{{range .Servers}}<tr><td>{{.Name}}<td><code>{{.Command}}</code><td>{{.Lacks}}
{{end}}</tbody></table>
`))
