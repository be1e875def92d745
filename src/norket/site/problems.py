"""The named refusals of this room that the command line turns into one line."""


class ProblemError(RuntimeError):
    """Something that a person can put right; the message says how."""


PROBLEMS = (ProblemError,)
