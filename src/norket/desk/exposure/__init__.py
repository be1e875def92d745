"""The page of all the ketamine that a patient has had."""
