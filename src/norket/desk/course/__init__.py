"""The plan of a course: written in one sitting, reviewed with its curve, signed, and read as a calendar."""
