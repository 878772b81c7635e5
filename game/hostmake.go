package game

import "maps"

// This file makes the rooms of a Host. The code of a game that runs then, to check the room's options, may take as long as it
// likes: no lock is held that another room, or the list of rooms, needs.

// Create makes a room. Errors: ErrUnknownGame, ErrTooMany, ErrDraining, ErrOverloaded, OptionsError.
func (h *Host) Create(o RoomOptions) (RoomInfo, error) {
	r, err := h.makeRoom(o)
	if err != nil {
		return RoomInfo{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.addRoom(r); err != nil {
		return RoomInfo{}, err
	}
	return h.describe(r), nil
}

// makeRoom makes a room that nobody knows of yet. It counts as one until addRoom.
func (h *Host) makeRoom(o RoomOptions) (made *hosted, err error) {
	def, epoch, err := h.mayMake(o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.mu.Lock()
			h.making--
			h.mu.Unlock()
		}
	}()
	made = &hosted{
		host: h, transport: h.cfg.NewTransport(def.sockets(h.cfg.Now)), epoch: epoch,
		unwatched: o.Unwatched || def.config.MaxSpectators < 0, capacity: maps.Clone(o.Places),
		info: RoomInfo{
			ID: randomID(), Game: def.name, Name: o.Name, Private: o.Private, Region: o.Region, MaxPlayers: def.config.MaxPlayers,
			CreatedAt: h.cfg.Now(),
		},
		reserved: map[string]reservation{}, note: o.Note,
	}
	made.room, err = NewRoom(RoomConfig{
		Def: def, Transport: made.transport, ID: made.info.ID, Mode: o.Mode, Seed: randomSeed(), Options: o.Options, Now: h.cfg.Now,
		OnResult: h.results.offer, Left: func(s *Seat) { h.left(made, s) }, Current: h.current,
		ResumeSeat: func(dst []byte, s *Seat, p PlayerID) []byte { return h.resumeSeat(dst, made, s, p) },
		Metrics:    &h.metrics, Log: h.cfg.Log, Background: h.work.Start,
	})
	return made, err
}

// mayMake decides whether a room can be made as asked for, and counts it from then on. It gives the room's epoch.
func (h *Host) mayMake(o RoomOptions) (*Def, uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	def, ok := h.games[o.Game]
	rooms := len(h.rooms) + h.making
	switch {
	case !ok:
		return nil, 0, ErrUnknownGame
	case h.draining:
		return nil, 0, ErrDraining
	case rooms >= h.cfg.MaxRooms, o.Spare && rooms >= h.cfg.MaxRooms-h.cfg.MaxRooms/10:
		return nil, 0, ErrTooMany
	}
	if err := h.admit(); err != nil {
		return nil, 0, err
	}
	h.making++
	h.epochs++
	return def, h.epochs, nil
}

// addRoom gives a room that was made to a loop, unless the host has begun to drain meanwhile. mu is held.
func (h *Host) addRoom(r *hosted) error {
	h.making--
	if h.draining {
		r.transport.Shutdown() // it has no sockets yet
		return ErrDraining
	}
	h.rooms[r.info.ID] = r
	h.idlest().add(r)
	return nil
}
