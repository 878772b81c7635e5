package game

// Everything that reaches a game from outside is a command: joins, leaves, inputs, calls, drops and resumes, in the order in which the
// room takes them. Commands are plain values and bytes; a tick is a function of the state before it and of its
// commands.
type command struct {
	op     opcode
	player PlayerID
	label  uint32 // opInput: the tick it is meant for; opCall: the id; opJoin: the team
	method uint32 // opCall
	start  int    // data in commands.data
	end    int
	words  int    // opInput: first word in commands.words
	view   Moment // opInput: what the player was looking at
}

type opcode uint8

const (
	opJoin   opcode = iota // data: the account, 0, the role, 0, the name; label: the team
	opLeave                // no data
	opInput                // words: the input
	opCall                 // data: the arguments
	opDrop                 // no data: the socket is lost
	opResume               // no data: another has taken its place
)

// commands is the queue between Poll and the step that follows it. What fills it is bounded per session (message rate
// and size) before it gets here.
type commands struct {
	list  []command
	data  []byte
	words []uint32
}

func (c *commands) reset() { c.list, c.data, c.words = c.list[:0], c.data[:0], c.words[:0] }

func (c *commands) bytes(cmd *command) []byte { return c.data[cmd.start:cmd.end] }
