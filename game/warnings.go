package game

import (
	"fmt"
	"time"

	"go.uber.org/zap"
)

// warnEvery is how long the log is silent about what it has said of a game, or of the door: neither ends by itself.
const warnEvery = time.Minute

// warnings tell the operator that ticks do not keep their times. They belong to the goroutine of watch: a room that keeps its times pays
// nothing for them.
type warnings struct {
	slow map[string]time.Time // by game, when its steps were last said to be too slow
	shut time.Time            // when the door was last said to be shut
}

// second is called at the end of each, after that of the admission.
func (w *warnings) second(h *Host) {
	now := h.cfg.Now()
	for _, s := range h.takeSlow() {
		if last, said := w.slow[s.game]; said && now.Sub(last) < warnEvery {
			continue
		}
		w.slow[s.game] = now
		h.cfg.Log.Warn(fmt.Sprintf("steps of %s take %d ms, their period is %d ms: ticks are dropped",
			s.game, s.took.Milliseconds(), s.period.Milliseconds()),
			zap.String("room", s.room), zap.String("game", s.game), zap.Duration("took", s.took), zap.Duration("period", s.period))
	}
	if h.Overloaded() && (w.shut.IsZero() || now.Sub(w.shut) >= warnEvery) {
		w.shut = now
		h.cfg.Log.Warn("ticks run late, so no new room is made and nobody new is given a seat until five seconds were half as late",
			zap.Duration("bound", h.admission.bound), zap.Uint64("refused", h.metrics.Refused.Load()))
	}
}

// slowRoom is one that has lost ticks to a step of its own.
type slowRoom struct {
	room, game   string
	took, period time.Duration
}

// takeSlow gives the rooms that have become slow since it was last called.
func (h *Host) takeSlow() (list []slowRoom) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.loops {
		l.mu.Lock()
		for r := range l.all() {
			if took := r.stats.slow; took > 0 {
				list = append(list, slowRoom{r.info.ID, r.info.Game, took, r.room.period})
				r.stats.slow = 0
			}
		}
		l.mu.Unlock()
	}
	return list
}
