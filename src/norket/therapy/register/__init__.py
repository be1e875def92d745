"""The drug register: every milligram received, drawn, wasted, returned or counted, with who did it and who saw it."""
