"""What people see: pages and forms for each slice of the day. Decides nothing; asks the record and shows the answer."""
