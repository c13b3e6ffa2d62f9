"""What every page shares: the rail, marks, words for time, the living style page. No domain word in it."""
