package conformance

import (
	"errors"
	"fmt"
)

// events takes the two elements of EVENTS, which DELTA may have as well.
func (c *Checker) events(first, list value) error {
	seq, err := first.number(1, maxSafe)
	if err != nil {
		return err
	}
	events, err := list.array(-1)
	if err != nil || len(events) == 0 || len(events) > 256 {
		return fmt.Errorf("%w: %d events", errShape, len(events))
	}
	switch {
	case seq == c.seq+1:
	case c.first && c.resumes && seq > c.seq+1:
		if len(events[0].list) == 0 || events[0].list[0].i != 0 {
			return errors.New("after lost events the first is not the string table")
		}
	default:
		return fmt.Errorf("events begin with %d after %d", seq, c.seq)
	}
	for _, e := range events {
		if err := c.event(e); err != nil {
			return err
		}
	}
	c.seq, c.first = seq+int64(len(events))-1, false
	c.Counts.Events += len(events)
	return nil
}

func (c *Checker) event(v value) error {
	a, err := v.array(-1)
	if err != nil || len(a) < 2 {
		return fmt.Errorf("%w: event %x", errShape, v.raw)
	}
	n, err := numbers(a, len(a), bound{0, 0, int64(len(c.schema.events))}, bound{1, 0, 1<<16 - 1})
	if err != nil {
		return err
	}
	a = a[2:]
	if n[0] == 0 {
		if len(a)%2 != 0 {
			return errors.New("half a pair in the string table")
		}
		for i := 0; i < len(a); i += 2 {
			if _, err := a[i].number(1, maxUint32); err != nil {
				return err
			}
			if _, err := a[i+1].text(0, 64); err != nil {
				return err
			}
		}
		return nil
	}
	return readAll(c.schema.events[n[0]-1], a)
}

// readAll checks one value per field.
func readAll(fields []field, a []value) error {
	if len(a) != len(fields) {
		return fmt.Errorf("%w: %d values for %d fields", errShape, len(a), len(fields))
	}
	for i := range fields {
		if _, err := fields[i].read(a[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checker) reply(a []value) error {
	n, err := numbers(a, 3, bound{0, 0, maxUint32}, bound{1, 0, 4})
	if err != nil {
		return err
	}
	if !c.called[n[0]] {
		return fmt.Errorf("REPLY to call %d, which was not made or has its REPLY", n[0])
	}
	if n[1] == 0 {
		if a[2].kind != isNil {
			return fmt.Errorf("%w: the value of status 0 is %x", errShape, a[2].raw)
		}
	} else if _, err := a[2].text(0, 4096); err != nil {
		return err
	}
	delete(c.called, n[0])
	c.Counts.Messages["REPLY"]++
	return nil
}

func (c *Checker) pong(a []value) error {
	n, err := numbers(a, 3, bound{0, 0, maxSafe}, bound{1, 0, maxSafe}, bound{2, 0, maxSafe})
	if err != nil {
		return err
	}
	if !c.pinged[n[0]] || n[2] < n[1] {
		return fmt.Errorf("PONG to %d, made at %d and heard at %d", n[0], n[2], n[1])
	}
	c.Counts.Messages["PONG"]++
	return nil
}

func (c *Checker) bye(a []value) error {
	_, err := numbers(a, 3, bound{0, 1000, 4999}, bound{1, 0, maxUint32})
	if err != nil {
		return err
	}
	if a[2].kind != isNil {
		if _, err := a[2].text(1, 4096); err != nil {
			return err
		}
	}
	c.over = true
	c.Counts.Messages["BYE"]++
	return nil
}

func (c *Checker) seat(a []value) error {
	if _, err := numbers(a, 1); err != nil {
		return err
	}
	if !c.seats {
		return errors.New("SEAT in a room that gives none")
	}
	if _, err := a[0].text(1, 4096); err != nil {
		return err
	}
	c.Counts.Messages["SEAT"]++
	return nil
}

// Client takes a message that the client has sent. JOIN begins a connection.
func (c *Checker) Client(m []byte) error {
	v, err := whole(m)
	if err != nil {
		return err
	}
	if v.kind != isArray || len(v.list) == 0 || len(m) > 4096 {
		return fmt.Errorf("%w: %x is no message", errShape, m)
	}
	kind, err := v.list[0].number(0, 4)
	if err != nil {
		return err
	}
	a := v.list[1:]
	if kind != 0 && !c.greeted {
		return fmt.Errorf("message %d before HELLO", kind)
	}
	switch kind {
	case 0:
		err = c.join(a)
	case 1:
		err = c.input(a)
	case 2:
		var n []int64
		if n, err = numbers(a, 3, bound{0, 0, maxUint32}, bound{1, 0, maxUint32}); err == nil && n[1] < int64(len(c.schema.calls)) {
			err = readAll(c.schema.calls[n[1]], a[2].list)
			c.called[n[0]] = true
		}
		c.Counts.Messages["CALL"]++
	case 3:
		var n []int64
		if n, err = numbers(a, 1, bound{0, 0, maxSafe}); err == nil {
			c.pinged[n[0]] = true
		}
		c.Counts.Messages["PING"]++
	case 4:
		_, err = numbers(a, 1, bound{0, 0, c.seq})
		c.Counts.Messages["EVENTACK"]++
	}
	if err != nil {
		return fmt.Errorf("client's message %d: %w", kind, err)
	}
	return nil
}

func (c *Checker) join(a []value) error {
	n, err := numbers(a, 6, bound{0, 1, 1}, bound{1, 1, 3}, bound{2, 0, maxUint32})
	if err != nil {
		return err
	}
	for _, hash := range a[3:5] {
		if hash.kind != isBin || len(hash.b) != 0 && len(hash.b) != 8 {
			return fmt.Errorf("%w: hash %x", errShape, hash.raw)
		}
	}
	last, has, err := a[5].optional(0, c.seq)
	if err != nil {
		return err
	}
	c.joined, c.greeted, c.over, c.first = true, false, false, true
	if c.resumes = has; has {
		c.seq = last
	}
	c.codecs, c.checks = n[1], n[2]&1 != 0
	c.pinged, c.called = map[int64]bool{}, map[int64]bool{}
	c.world.tick = 0
	if c.Counts.Messages["JOIN"]++; c.resumes {
		c.Counts.Resumes++
	}
	return nil
}

func (c *Checker) input(a []value) error {
	if _, err := numbers(a, 4, bound{0, 0, maxUint32}, bound{1, 0, int64(c.world.tick)}, bound{2, 0, 16 * maxUint32}); err != nil {
		return err
	}
	inputs, err := a[3].array(-1)
	if err != nil || len(inputs) > 8 || c.spectate && len(inputs) > 0 {
		return fmt.Errorf("%w: %d inputs", errShape, len(inputs))
	}
	for _, v := range inputs {
		row, err := v.array(len(c.schema.input))
		if err != nil {
			return err
		}
		if err := readAll(c.schema.input, row); err != nil {
			return err
		}
	}
	c.Counts.Messages["INPUT"]++
	return nil
}
