"""Studies: the five published pieces of work, as data, and the runner that does them."""
