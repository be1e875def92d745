"""What stands against ketamine for a patient: the questions, the findings, and who goes on against one."""
