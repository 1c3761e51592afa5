"""The view of an atlas: its classifiers in a table, their moments to listen to, and which of
them go together."""
