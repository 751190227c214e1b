"""Names of the columns of the simulation's tables, and of its kinds of event, for the compiled loops."""

from __future__ import annotations

#: Slots of the wheel of events (a power of two, so that a place in it is a mask), and slots an hour. An event later
#: than one turn of the wheel waits in its slot for another.
WHEEL = 8192
AN_HOUR = 8

# Kinds of event of a record, and of the log.
ARRIVE, LEAVE, CLEAN, CHECK = range(4)
LOG_CAME, LOG_BED, LOG_LEFT, LOG_CANCELLED, LOG_LOST = range(5)

# What a draw is for; a person has one key, each draw a number.
DRAW_GAP, DRAW_STAY, DRAW_HOUR, DRAW_MINUTE, DRAW_WEEKEND, DRAW_EARLIER, DRAW_PATHWAY, DRAW_DELAY = range(8)

# Rules that are whole numbers.
(
    SITES,
    WARDS,
    DAYS,
    WARM_DAY,
    FIRST_WEEKDAY,
    POOLING,
    PLANNED_OUTLIE,
    LOSE,
    CANCEL_HOUR,
    REBOOK_DAYS,
    RULES,
) = range(11)
POOL_NONE, POOL_AFTER, POOL_FULL = range(3)

# Rules that are real numbers.
(
    TRANSFER_HOURS,
    POOL_HOURS,
    CLEANING_HOURS,
    FIRST_LIMIT,
    SECOND_LIMIT,
    WEEKEND_SHARE,
    SAME_DAY_LOW,
    SAME_DAY_HIGH,
    DELAY_FACTOR,
    REALS,
) = range(10)

# Pools: their site, ward group, whether that is general, and whether its people may be moved.
SITE, GROUP, GENERAL, TRANSFERS_TOO = range(4)

# Flows of people: whole numbers, then real ones.
POOL, PLANNED, EVEN, PROFILE, STAY_KIND, FLOWS = range(6)
RATE, STAY_MEAN, STAY_SPREAD, FLOW_REALS = range(4)
STAY_NIGHTS, STAY_EXPONENTIAL, STAY_LOGNORMAL, STAY_FIXED = range(4)

# Pathways of leaving: cumulative share, mean days.
UP_TO, MEAN_DAYS = range(2)

# A record of somebody: real numbers, then whole ones.
WHEN, SINCE = range(2)
WHAT, FLOW, HOME, AT, NEXT, NUMBER, LINKS = range(7)

# Queues.
HEAD, TAIL = range(2)

# Pools, and places (sites, then the group): whole numbers. The first three are common to both.
FREE, FULL_DAY, FULL_DAYS, OCCUPIED, PATIENTS, GUESTS, POOLS = range(7)
BOARDING, BOARD_DAY, BOARD_DAYS, STILL, QUEUED, PLACES = range(3, 9)

# Hours of pools and places.
SINCE_CHANGE, FULL_HOURS, BED_HOURS, READY_HOURS, POOL_TIMES = range(5)
STILL_WAITING = 2
PLACE_TIMES = 3

# Counts by month and site.
EMERGENCIES, BOARDED, OVER_4, OVER_12, PLANNED_CAME, CANCELLED, OUTLIERS, TRANSFERS, LOST, TALLIES = range(10)

# Counters of a run.
(
    SLOT,
    NEXT_NOW,
    LAST_NOW,
    SPARE,
    WAITING,
    LOGGED,
    CAME,
    GONE,
    IN_BED,
    IN_QUEUE,
    BOOKED,
    SCALARS,
) = range(12)
