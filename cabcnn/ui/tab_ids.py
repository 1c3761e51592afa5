"""The ids of the page's tabs, by which an event switches to one of them."""

EXPLORE = "explore"
LIVE = "live"
COMPARE = "compare"
ATLAS = "atlas"
TRAIN = "train"
ABOUT = "about"
