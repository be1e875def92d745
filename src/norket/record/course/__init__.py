"""Plans of courses on record: what a plan is judged on, its signature with the first order, its calendar."""
