"""Groups, what is said in them and who comes and goes: everything but the sockets."""
