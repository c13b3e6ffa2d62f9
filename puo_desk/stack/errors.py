"""The one refusal of the stack: a sentence for the person at the keyboard."""


class StackError(Exception):
    """The servers or the desk cannot start or go on; the message says why and what to do."""
