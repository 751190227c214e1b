"""Access lines of offers. A patient's own pages are for everybody; without a code they say that they are closed."""

from __future__ import annotations

from matrix_line import ALL, A, C, E, H, Line, M, P

SEES = frozenset({M, C, H})
MAKES = frozenset({M})
CALLS = frozenset({M, H})
AGREES = frozenset({C})
CHOICES = frozenset({M, C, A, E, P})

OFFERS = (
    Line("offers:worklist", SEES),
    Line("offers:offer", SEES, needs="offer"),
    Line("offers:make", MAKES, 302, "POST", needs="offer"),
    Line("offers:withdraw", MAKES, 302, "POST", needs="offer"),
    Line("offers:correct", CALLS, 302, "POST", needs="offer"),
    Line("offers:letter", MAKES, 200, "POST", needs="offered"),
    Line("offers:transfer", MAKES, 302, "POST", needs="offer"),
    Line("offers:receive", MAKES, 302, "POST", needs="offer"),
    Line("offers:data_set", MAKES, needs="transfer"),
    Line("offers:data_set_file", MAKES, needs="transfer"),
    Line("offers:agree_queue", AGREES),
    Line("offers:agree_several", AGREES, 400, "POST"),
    Line("offers:agree_one", AGREES, needs="offer"),
    Line("offers:agree_decide", AGREES, 400, "POST", needs="offer"),
    Line("offers:calls", CALLS),
    Line("offers:call", CALLS, needs="offered"),
    Line("offers:call_record", CALLS, 302, "POST", needs="offered"),
    Line("offers:invitation", CALLS, needs="invitation"),
    Line("offers:invitation_answer", CALLS, 400, "POST", needs="invitation"),
    Line("offers:invitation_letter", MAKES, 200, "POST", needs="invitation"),
    Line("offers:invitation_close", MAKES, 302, "POST", needs="invitation"),
    Line("offers:long_waits", MAKES),
    Line("offers:invite", MAKES, 302, "POST"),
    Line("offers:by_hand", MAKES, needs="pathway"),
    Line("offers:choices", CHOICES),
    Line("offers:choices_csv", CHOICES),
    # a patient's own pages
    Line("my:start", ALL, stranger=200),
    Line("my:data", ALL, stranger=200),
    Line("my:leave", ALL, 200, "POST", stranger=200),
    *(
        Line(f"my:{name}", ALL, 403, stranger=403)
        for name in ("offer", "choose", "confirm", "done", "move", "where", "far", "check", "move_done")
    ),
)
