package gametest

import "github.com/skirmish-dev/skirmish/game"

// Text is the string that x is to this client, "" for one that it has not been told.
func (c *Client) Text(x game.Text) string { return c.core.Text(uint32(x)) }
