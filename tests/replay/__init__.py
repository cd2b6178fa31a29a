"""Plays conversations against the real service: real model, real actions, real database, real HTTP."""
