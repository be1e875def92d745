"""What may and must be done. Pure decisions over facts and the knowledge base; one folder per slice."""
