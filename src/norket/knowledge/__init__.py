"""What the literature says: cited, dated data by topic, and the typed reader. No arithmetic."""

from norket.knowledge.entry import Case, Entry, Reference, Source, Value
from norket.knowledge.reader import Figure, KnowledgeBase, KnowledgeError, read

__all__ = ["Case", "Entry", "Figure", "KnowledgeBase", "KnowledgeError", "Reference", "Source", "Value", "read"]
