"""The drug register: balances, lines, and the lines that no session makes."""
