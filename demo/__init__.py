"""Try Drumbeat on one machine: embedded servers, a sample shop, everything started at once."""
