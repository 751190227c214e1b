"""The door for HL7 v2 over MLLP: messages in, acknowledgements out, and nothing acknowledged that is not on disk."""
