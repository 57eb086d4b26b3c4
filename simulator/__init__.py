"""A stand-in for Meta's Cloud API and for people's phones; it shares no state with the rest."""
