package draft

// MaxMessages is how much of a tape is played.
const MaxMessages = maxMessages
