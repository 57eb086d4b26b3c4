"""How requests are carried: real gunicorn, real sockets, and clients of every kind."""
