"""The filter language: who is meant, read into a tree, asked of MongoDB or of one contact."""
