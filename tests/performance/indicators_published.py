"""Published tables that indicator methods are tested on, each with its source."""

from __future__ import annotations

#: Example of the life expectancy calculator of Public Health England, as shown with every column of its life table by
#: San Mateo County Health (smcepi, article "Life Expectancy"): deaths and person-years of 20 bands.
CALCULATOR_DEATHS = (206, 37, 23, 23, 105, 162, 268, 314, 413, 584, 954, 1359, 1912, 2824, 4507, 5851, 7117, 8192,
                     7745, 6442)  # fmt: skip
CALCULATOR_PEOPLE = (50698, 215400, 280458, 258105, 282062, 329060, 306097, 274544, 260415, 267450, 311314, 324311,
                     296825, 271339, 284608, 228062, 162785, 111263, 58987, 26016)  # fmt: skip
#: The second population of the same article.
SECOND_DEATHS = (232, 30, 41, 22, 194, 168, 315, 313, 406, 643, 963, 1446, 1979, 2814, 4587, 5874, 7111, 8221, 7825,
                 6540)  # fmt: skip
SECOND_PEOPLE = (51578, 215512, 279462, 257256, 282348, 329111, 306514, 274397, 259847, 267045, 311791, 323739, 297453,
                 271344, 285047, 227655, 162922, 110554, 58886, 26243)  # fmt: skip

#: Examples in the checks of PHEindicatormethods 2.1 (testLifeExpectancy): a whole area, and one with wide limits.
NOW_DEATHS = (17, 9, 4, 8, 20, 15, 24, 33, 50, 71, 100, 163, 263, 304, 536, 872, 1390, 1605, 1936, 1937)
NOW_PEOPLE = (7060, 35059, 46974, 48489, 43219, 38561, 46009, 57208, 61435, 55601, 50209, 56416, 46411, 39820, 37978,
              37039, 33288, 23306, 11936, 11936)  # fmt: skip
WIDE_DEATHS = (17, 9, 4, 8, 20, 15, 24, 33, 50, 51, 10, 16, 26, 30, 36, 22, 13, 5, 6, 1)
WIDE_PEOPLE = (270, 235, 246, 248, 243, 238, 246, 257, 261, 355, 350, 356, 346, 339, 337, 337, 333, 323, 311, 311)

#: Males in Austria, 1992: Preston SH, Heuveline P, Guillot M. Demography. Blackwell 2001, box 3.1, p. 49 (bands to
#: 85+, years lived in the band by those who die in it, survivors of 100,000, years lived in the band).
AUSTRIA_STARTS = (0, 1, *range(5, 90, 5))
AUSTRIA_PEOPLE = (47925, 189127, 234793, 238790, 254996, 326831, 355086, 324222, 269963, 261971, 238011, 261612,
                  181385, 187962, 153832, 105169, 73694, 57512, 32248)  # fmt: skip
AUSTRIA_DEATHS = (419, 70, 36, 46, 249, 420, 403, 441, 508, 769, 1154, 1866, 2043, 3496, 4366, 4337, 5279, 6460,
                  6146)  # fmt: skip
AUSTRIA_LIVED = (0.068, 1.626, 2.5, 3.143, 2.724, 2.520, 2.481, 2.601, 2.701, 2.663, 2.698, 2.676, 2.645, 2.624, 2.619,
                 2.593, 2.518, 2.423, 5.247)  # fmt: skip
AUSTRIA_ALIVE = (100000, 99133, 98986, 98910, 98815, 98334, 97704, 97151, 96492, 95588, 94195, 91937, 88711, 83845,
                 76377, 66225, 53803, 37441, 21134)  # fmt: skip
AUSTRIA_YEARS = (99192, 396183, 494741, 494375, 492980, 490106, 487127, 484175, 480384, 474686, 465777, 452188, 432096,
                 401480, 357713, 301224, 228404, 145182, 110889)  # fmt: skip

#: Down's syndrome in fifth and later births by age of mother, Michigan 1950-1964: Fleiss JL. Statistical methods for
#: rates and proportions, 2nd ed, Wiley 1981, table 14.4; standardised to all births in Fay MP, Feuer EJ. Stat Med
#: 1997; 16: 791-801, table I: 75.5 per 100,000.
DOWNS_CASES = (0, 8, 63, 112, 262, 295)
DOWNS_BIRTHS = (327, 30666, 123419, 149919, 104088, 34392)
DOWNS_STANDARD = (319933, 931318, 786511, 488235, 237863, 61313)

#: Deaths from skin cancer in Florida and the United States, 2000: SAS/STAT user's guide, the STDRATE procedure,
#: getting started (events, person-years; events and person-years of the United States; expected events as printed).
FLORIDA = (
    (0, 953785, 0, 19175798, 0.000), (0, 1997935, 1, 41077577, 0.049), (4, 1885014, 41, 39183891, 1.972),
    (14, 1957573, 186, 39892024, 9.127), (43, 2356649, 626, 45148527, 32.676), (72, 2088000, 1199, 37677952, 66.445),
    (70, 1548371, 1303, 24274684, 83.112), (126, 1447432, 1637, 18390986, 128.837),
    (136, 1087524, 1624, 12361180, 142.878), (73, 335944, 803, 4239587, 63.630),
)  # fmt: skip

#: Exact 95% limits of Poisson counts: Breslow NE, Day NE. Statistical methods in cancer research II. IARC 1987; also
#: Documenta Geigy, 7th ed 1970.
EXACT_95 = {0: (0.0, 3.689), 1: (0.0253, 5.572), 2: (0.2422, 7.225), 3: (0.6187, 8.767), 5: (1.623, 11.668),
            9: (4.115, 17.085), 10: (4.795, 18.390), 20: (12.217, 30.888), 100: (81.36, 121.63)}  # fmt: skip

#: Wilson's 95% limits: Newcombe RG. Stat Med 1998; 17: 857-872, table I, method 3.
WILSON_95 = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0, 0.1611),
    (1, 29): (0.0061, 0.1718),
}

#: Hours of sleep gained with the second drug: Student. Biometrika 1908; 6: 1-25. 95% limits as the t distribution
#: with 9 degrees of freedom (2.262) has them.
STUDENT_HOURS = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)

#: Life expectancy by deprivation decile with its standard error: example of phe_sii in the reference pages of
#: PHEindicatormethods (population, value, standard error).
DECILES = (
    (7291, 75.9, 1.64), (7997, 78.3, 1.58), (6105, 83.8, 1.51), (7666, 83.6, 1.78), (5790, 80.5, 1.7),
    (6934, 81.1, 1.56), (5918, 81.7, 1.37), (5974, 84.2, 1.4), (7147, 80.6, 2.43), (7534, 86.3, 1.57),
)  # fmt: skip
